import numpy as np
import numpy.typing as npt

from domain.arrays import FloatArray, IntArray, TimeArray

COLUMNS: tuple[str, ...]
GROUPS: dict[str, int]
GROUP_OF: dict[str, str]

class Sweep:
    def __init__(
        self,
        close_time: TimeArray,
        price: FloatArray,
        mark: FloatArray,
        volume: FloatArray,
        next_bar: IntArray,
        period: IntArray,
        closing: IntArray,
        day: IntArray,
        month: IntArray,
        market: FloatArray,
        /,
        *,
        late_by: int,
        market_return: float,
        has_benchmark: bool,
        groups: int,
        initial_cash: float,
        periods_per_year: float,
        fill: int,
        lot: float,
        max_leverage: float,
        commission_fixed: float,
        commission_per_share: float,
        commission_rate: float,
        commission_minimum: float,
        adverse_rate: float,
        impact_rate: float,
        borrow_rate: float,
        margin_rate: float,
    ) -> None: ...
    def run(
        self,
        offset: IntArray,
        row: IntArray,
        weight: FloatArray,
        first: int,
        last: int,
        table: FloatArray,
        returns: FloatArray,
        unfit: npt.NDArray[np.uint8],
        /,
    ) -> None: ...
