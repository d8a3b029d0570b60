"""From what a caller asked for to a spec that leaves nothing open, checked against what is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput, NotFound
from domain.ids import WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe
from domain.strategies.ports import StrategyCatalogue

FEWEST_BARS = 2  # one to decide on and one to trade on
BarCount: TypeAlias = Callable[[WorkspaceId, SeriesKey, datetime | None, datetime | None], int]


@dataclass(frozen=True, slots=True)
class CompletedSpec:
    """A spec with every name resolved, and the stored series it trades, in its order."""

    spec: BacktestSpec
    series: tuple[Series, ...]


class SpecCompletion:
    """Fills in parameters, source and instrument ids, and refuses what cannot be carried out."""

    def __init__(
        self,
        *,
        catalogue: SeriesCatalogue,
        strategies: Callable[[], StrategyCatalogue],
        bars_in_period: BarCount,
    ) -> None:
        self._catalogue = catalogue
        self._strategies = strategies
        self._bars_in_period = bars_in_period

    def complete(
        self, workspace_id: WorkspaceId, spec: BacktestSpec, *, traded_together: int | None = None
    ) -> CompletedSpec:
        """traded_together is how many instruments an account holds, all of them unless given.

        Raises NotFound (strategy, instrument, benchmark) and InvalidInput.
        """
        together = len(spec.instruments) if traded_together is None else traded_together
        parameters = self._strategies().check(spec.strategy, spec.parameters, together)
        timeframe = Timeframe.parse(spec.timeframe)
        series = self._catalogue.find(workspace_id, spec.instruments, timeframe, spec.source)
        source = series[0].key.source
        self.check_period(workspace_id, spec, series)
        complete = spec.model_copy(
            update={
                "parameters": parameters,
                "instruments": tuple(str(one.key.instrument_id) for one in series),
                "timeframe": str(timeframe),
                "source": source,
                "benchmark": self._benchmark(workspace_id, spec, timeframe, source),
            }
        )
        return CompletedSpec(complete, tuple(series))

    def check_period(self, workspace_id: WorkspaceId, spec: BacktestSpec, series: Sequence[Series]) -> None:
        """Raises InvalidInput for a period that lies outside the data, or holds too little of it."""
        _check_range(spec.start, spec.end, series)
        # A period that is cut out of the data may hold nothing, say a weekend.
        if spec.start is None and spec.end is None:
            return
        most = 0
        for one in series:
            most = max(most, self._bars_in_period(workspace_id, one.key, spec.start_time, spec.end_time))
            if most >= FEWEST_BARS:
                return
        held = {0: "no bar", 1: "one bar"}[most]
        field = "start" if spec.start is not None else "end"
        raise InvalidInput.at(field, message=f"the period holds {held}; a backtest needs two at least")

    def _benchmark(
        self, workspace_id: WorkspaceId, spec: BacktestSpec, timeframe: Timeframe, source: str
    ) -> str | None:
        if spec.benchmark is None:
            return None
        try:
            found = self._catalogue.find(workspace_id, [spec.benchmark], timeframe, source)
        except NotFound as missing:
            raise NotFound("benchmark", spec.benchmark, str(missing)) from None
        return found[0].key.instrument_id


def _check_range(start: date | None, end: date | None, series: Sequence[Series]) -> None:
    first = min(one.first for one in series)
    last = max(one.last for one in series)
    span = f"bars go from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if start is not None and start > last.date():
        raise InvalidInput.at("start", message=f"{start} is after the last bar; {span}")
    if end is not None and end < first.date():
        raise InvalidInput.at("end", message=f"{end} is before the first bar; {span}")
