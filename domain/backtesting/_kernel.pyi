from domain.arrays import FloatArray, IntArray, TimeArray

class Account:
    cash: float
    fees: float
    slippage: float
    financing: float
    dividends: float
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
    cut_by_volume: int
    infinite_target_bar: int
    ruined_bar: int
    margin_calls: int
    first_margin_call_bar: int
    first_margin_shortfall: float
    limits_fill_at_touch: bool

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
        rates: FloatArray,
        conversion: FloatArray,
        event_where: IntArray,
        event_what: FloatArray,
        tier_from: FloatArray,
        tier_rates: FloatArray,
        tier_period: IntArray,
        initial_cash: float,
        fill: int,
        limits_fill_at_touch: bool,
        max_leverage: float,
        maintenance_margin: float,
        max_volume_share: float,
        stop_loss: float,
        take_profit: float,
        commission_fixed: float,
        commission_per_share: float,
        commission_rate: float,
        commission_rate_passive: float,
        commission_minimum: float,
        commission_maximum: float,
        adverse_rate: float,
        impact_rate: float,
        borrow_rate: float,
        margin_rate: float,
        funding_rate: float,
    ) -> None: ...
    @property
    def equity(self) -> float: ...
    def run(self, targets: FloatArray, start: int, stop: int) -> None: ...
    def begin_bar(self, i: int) -> None: ...
    def open_bar(self, i: int) -> None: ...
    def close_bar(self, i: int) -> None: ...
    def ask(self, j: int, weight: float) -> None: ...
    def end_bar(self, i: int) -> None: ...
    def finish(self) -> None: ...
    def trade(
        self,
        i: int,
        j: int,
        quantity: float,
        reference: float,
        reason: int,
        decided_bar: int,
        passive: bool,
    ) -> float: ...
    def list_order(
        self,
        decided_bar: int,
        i: int,
        j: int,
        status: int,
        reason: int,
        denial: int,
        quantity: float,
    ) -> None: ...
    def volume_left(self, i: int, j: int) -> float: ...
    def split_ratio(self, i: int, j: int) -> float: ...
    def position(self, j: int) -> float: ...
    def average(self, j: int) -> float: ...
    def last_close(self, j: int) -> float: ...
    def read_orders(self, table: IntArray, /) -> None: ...
    def read_trades(self, table: IntArray, /) -> None: ...
