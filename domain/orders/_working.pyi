from collections.abc import Callable
from typing import Any

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.orders.model import OrderEvent

class PriceBar:
    open: float
    high: float
    low: float
    close: float
    open_time: int
    close_time: int
    session: int
    ends_session: bool

    def __init__(
        self,
        open_: float,
        high: float,
        low: float,
        close: float,
        open_time: int,
        close_time: int,
        session: int = ...,
        ends_session: bool = ...,
    ) -> None: ...

class PanelBars:
    def __init__(
        self,
        open_: FloatArray,
        high: FloatArray,
        low: FloatArray,
        close: FloatArray,
        close_time: TimeArray,
        open_time: TimeArray | None = ...,
        ends_session: bool = ...,
    ) -> None: ...
    def follow_sessions(self, column: int, session: IntArray) -> None: ...
    def at(self, row: int) -> PanelBars: ...

class WorkingOrders:
    def __init__(self, listen: Callable[[OrderEvent], None], **terms: Any) -> None: ...
    def __len__(self) -> int: ...
