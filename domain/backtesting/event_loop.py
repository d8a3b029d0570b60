"""Event strategies: one call a bar, through the same account as target arrays."""

import math
from collections.abc import Iterable

from domain.backtesting._kernel import Account
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.strategies.protocol import BarContext, EventStrategy


def run_events(account: Account, panel: Panel, strategy: EventStrategy, stops: Iterable[int]) -> None:
    """Call the strategy at each close, and let the account live through the bars.

    `stops` says after which bars to ask for the next stop; asking reports progress and may raise.
    Raises InvalidInput for a target that is not a finite weight; what the strategy raises passes.
    """
    context = _Context(account, panel, strategy.name)
    strategy.on_start(context.instruments)
    begin_bar, on_bar, end_bar = account.begin_bar, strategy.on_bar, account.end_bar
    start = 0
    for stop in stops:
        for bar in range(start, stop):
            begin_bar(bar)
            context.index = bar
            on_bar(context)
            end_bar(bar)
        start = stop


class _Context(BarContext):
    """One object for the whole run: making one a bar would cost more than the bar."""

    __slots__ = ("_account", "_columns", "_name", "_only", "_panel", "index", "instruments")

    index: int
    instruments: tuple[InstrumentId, ...]

    def __init__(self, account: Account, panel: Panel, name: str) -> None:
        self._account = account
        self._panel = panel
        self._name = name
        self.index = 0
        self.instruments = tuple(instrument.id for instrument in panel.instruments)
        self._columns = {instrument: column for column, instrument in enumerate(self.instruments)}
        self._only = len(self.instruments) == 1

    @property
    def time(self) -> int:
        return int(self._panel.close_time[self.index])

    @property
    def bars(self) -> Panel:
        return self._panel.until(self.index)

    @property
    def equity(self) -> float:
        return self._account.equity

    @property
    def cash(self) -> float:
        return self._account.cash

    def position(self, instrument: InstrumentId | None = None) -> float:
        return self._account.position(self._column(instrument))

    def close(self, instrument: InstrumentId | None = None) -> float:
        return float(self._panel.close[self.index, self._column(instrument)])

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        column = self._column(instrument)
        if not math.isfinite(weight):
            raise InvalidInput(
                f"'{self._name}' asks for the weight {weight} at bar {self.index}; a target is a finite share of equity."
            )
        self._account.ask(column, weight)

    def _column(self, instrument: InstrumentId | None) -> int:
        if instrument is None:
            if self._only:
                return 0
            raise InvalidInput(
                f"'{self._name}' must say which of its {len(self.instruments)} instruments it means."
            )
        column = self._columns.get(instrument)
        if column is None:
            raise InvalidInput(f"'{self._name}' asks for {instrument}, which is not among its instruments.")
        return column
