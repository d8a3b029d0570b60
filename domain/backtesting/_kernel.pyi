from domain.arrays import FloatArray, IntArray, TimeArray

def first_unusable_bar(
    open_: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray, missing: IntArray, /
) -> int: ...
def buy_and_hold(close: FloatArray, initial_cash: float, value: FloatArray) -> None: ...

class Account:
    cash: float
    fees: float
    slippage: float
    financing: float
    traded: float
    equity_sum: float
    order_count: int
    trade_count: int
    open_trade_count: int
    filled_count: int
    denied_count: int
    pending_count: int
    decisions: int
    rows_over_leverage: int
    entry_bar_exits: int
    filled_late: int
    infinite_target_bar: int
    ruined_bar: int

    def __init__(
        self,
        close_time: TimeArray,
        open_time: TimeArray,
        open_: FloatArray,
        high: FloatArray,
        low: FloatArray,
        close: FloatArray,
        volume: FloatArray,
        lots: FloatArray,
        equity: FloatArray,
        cash: FloatArray,
        exposure: FloatArray,
        /,
        *,
        initial_cash: float,
        fill: int,
        max_leverage: float,
        stop_loss: float,
        take_profit: float,
        commission_fixed: float,
        commission_per_share: float,
        commission_rate: float,
        commission_minimum: float,
        adverse_rate: float,
        impact_rate: float,
        borrow_rate: float,
        margin_rate: float,
    ) -> None: ...
    @property
    def equity(self) -> float: ...
    def run(self, targets: FloatArray, start: int, stop: int) -> None: ...
    def begin_bar(self, i: int) -> None: ...
    def ask(self, j: int, weight: float) -> None: ...
    def end_bar(self, i: int) -> None: ...
    def finish(self) -> None: ...
    def position(self, j: int) -> float: ...
    def read_orders(self, table: IntArray, /) -> None: ...
    def read_trades(self, table: IntArray, /) -> None: ...
