"""Sweeps, walk-forwards and evaluations from Python: start and wait, and read them as data frames."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from agentic_trader.errors import InputProblem, InvalidInput, NotFound, RunEnded, Unreachable
from agentic_trader.frames import Frame, FrameLibrary, frame_of_columns, frame_of_parquet
from agentic_trader.generated import (
    Aggregate,
    Evaluation,
    HeatMap,
    Operations,
    StudyProgress,
    StudyStatus,
    Sweep,
    SweepSpecInput,
    WalkForward,
)
from agentic_trader.names import snake_case
from agentic_trader.objects import ApiInput, HtmlPage, arguments
from agentic_trader.spec_inputs import EvaluationInput, WalkForwardInput, with_ranges
from agentic_trader.transport import Transport

S = TypeVar("S", Sweep, WalkForward, Evaluation)
Heard = Callable[[StudyProgress], None]
_ENDED = {StudyStatus.COMPLETED, StudyStatus.FAILED, StudyStatus.CANCELLED}
_HEAT_MAP = (
    "query($id: ID!, $x: String!, $y: String!, $statistic: String, $aggregate: Aggregate) { sweep(id: $id) "
    "{ heatMap(x: $x, y: $y, statistic: $statistic, aggregate: $aggregate) "
    "{ x y statistic aggregate xValues yValues cells } } }"
)


class Studies(Operations):
    """The half of the client that is about studies."""

    _connection: Transport
    _frames: FrameLibrary

    def run_sweep(self, heard: Heard | None = None, **specification: Any) -> Sweep:
        """Start a sweep (arguments as `start_sweep`) and wait until it has completed.

            client.run_sweep(
                backtest={"strategy": "sma_cross", "instruments": ["GOOG"]},
                space={"fast": (5, 31, 2), "slow": [35, 55, 75]},
                constraints=["fast < slow"],
            )

        A tuple in the space is low, high and perhaps a step; a list holds values. heard is called with
        each step. A sweep goes on at the server when the wait is interrupted; `cancel_study` ends it.
        Raises RunEnded when it failed or was cancelled.
        """
        key, given = _read(SweepSpecInput, with_ranges(specification))
        return self.wait_for_study(self.start_sweep(**given, idempotency_key=key), heard)

    def run_walk_forward(self, heard: Heard | None = None, **specification: Any) -> WalkForward:
        """Start a walk-forward (arguments as `start_walk_forward`; sweep as for `run_sweep`) and wait
        until it has completed. Raises RunEnded when it failed or was cancelled."""
        key, given = _read(WalkForwardInput, with_ranges(specification))
        return self.wait_for_study(self.start_walk_forward(**given, idempotency_key=key), heard)

    def run_evaluation(self, heard: Heard | None = None, **specification: Any) -> Evaluation:
        """Start an evaluation (arguments as `start_evaluation`; sweep as for `run_sweep`) and wait until
        it has completed. Raises RunEnded when it failed or was cancelled."""
        key, given = _read(EvaluationInput, with_ranges(specification))
        return self.wait_for_study(self.start_evaluation(**given, idempotency_key=key), heard)

    def wait_for_study(self, study: S, heard: Heard | None = None) -> S:
        """The study once it has completed, with its results. Raises RunEnded when it failed or was
        cancelled instead, Unreachable when the server has gone."""
        events, read = self._followed(study)
        found = study
        while found.status not in _ENDED:
            try:
                for event in events(study.id):
                    if heard is not None:
                        heard(event)
            except Unreachable:
                pass  # a chunk may take longer than a connection waits; asking tells whether the server is there
            found = _present(read(study.id), "study", study.identifier)
        if found.status is not StudyStatus.COMPLETED:
            raise RunEnded(found.failure or f"Study {found.identifier} is {found.status.lower()}.")
        whole: S = _present(read(study.id), "study", study.identifier)  # a listing leaves tables out
        return whole

    def sweep_runs(self, sweep_id: str) -> Frame:
        """Every run of a sweep so far, one row each: combination, instrument, period, a column
        `parameter.NAME` for each parameter, every statistic, and failure."""
        path = f"/studies/{quote(sweep_id, safe='')}/runs.parquet"
        return frame_of_parquet(self._connection.download(path), self._frames)

    def heat_map(
        self,
        sweep_id: str,
        x: str,
        y: str,
        statistic: str | None = None,
        aggregate: Aggregate | None = None,
    ) -> Frame:
        """A statistic over two parameters of a sweep: a row for each value of y, which stands in the
        first column, and a column for each value of x. None where nothing was measured."""
        given = {"id": sweep_id, "x": x, "y": y, "statistic": statistic, "aggregate": aggregate}
        sweep = self._transport.execute(_HEAT_MAP, arguments(given))["sweep"]
        found = HeatMap.model_validate(
            _present(_present(sweep, "sweep", sweep_id)["heatMap"], "run of", sweep_id)
        )
        columns = zip(*found.cells, strict=True)
        cells = {str(value): list(column) for value, column in zip(found.x_values, columns, strict=True)}
        return frame_of_columns({y: list(found.y_values), **cells}, self._frames)

    def walk_forward_curve(self, walk_forward_id: str) -> Frame:
        """The stitched out-of-sample account at each close: time, equity, benchmark, window."""
        found = _present(self.walk_forward(walk_forward_id), "walk-forward", walk_forward_id)
        names = ("time", "equity", "benchmark", "window")
        points = found.curve or ()
        return frame_of_columns(
            {name: [getattr(one, name) for one in points] for name in names}, self._frames
        )

    def compare(self, backtest_ids: Sequence[str]) -> Frame:
        """The statistics of completed runs, one row a run in the order asked for; `compare_backtests`
        says what was asked differently, and what not to conclude."""
        found = self.compare_backtests(ids=backtest_ids)
        columns = {
            snake_case(one.name): [_day(value) for value in one.values] for one in found.statistics or ()
        }
        return frame_of_columns({"id": list(backtest_ids), **columns}, self._frames)

    def study_report(self, study_id: str, path: Path | str | None = None) -> HtmlPage:
        """The report of a completed study: one page that needs no network. A notebook shows it; with a
        path it is written there too."""
        return self._page(study_id, f"/studies/{quote(study_id, safe='')}/report.html", path)

    def comparison_report(self, backtest_ids: Sequence[str], path: Path | str | None = None) -> HtmlPage:
        """Completed runs side by side, as `study_report`."""
        asked = urlencode([("id", one) for one in backtest_ids])
        return self._page("Comparison", f"/comparisons/report.html?{asked}", path)

    def _page(self, title: str, url: str, path: Path | str | None) -> HtmlPage:
        page = HtmlPage(title, self._connection.download(url).decode())
        if path is not None:
            Path(path).write_text(page.source, encoding="utf-8")
        return page

    def _followed(
        self, study: S
    ) -> tuple[Callable[[str], Iterator[StudyProgress]], Callable[[str], S | None]]:
        kinds: dict[type, tuple[Any, Any]] = {
            Sweep: (self.sweep_progress, self.sweep),
            WalkForward: (self.walk_forward_progress, self.walk_forward),
            Evaluation: (self.evaluation_progress, self.evaluation),
        }
        return kinds[type(study)]


def _read(kind: type[ApiInput], specification: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The idempotency key, and typed arguments. Raises InvalidInput for what no field is called."""
    given = dict(specification)
    key = given.pop("idempotency_key", None)
    try:
        read = kind.model_validate(given)
    except ValidationError as wrong:
        problems = tuple(
            InputProblem(tuple(str(part) for part in error["loc"]), error["msg"]) for error in wrong.errors()
        )
        told = "; ".join(f"{'.'.join(one.path)}: {one.message}" for one in problems)
        raise InvalidInput(told, problems) from None
    return key, {name: getattr(read, name) for name in kind.model_fields}


def _present(found: Any, kind: str, identifier: str) -> Any:
    if found is None:
        raise NotFound(f"There is no {kind} '{identifier}'.")
    return found


def _day(value: Any) -> Any:
    """Statistics are numbers or dates; dates are text on the wire."""
    return date.fromisoformat(value) if isinstance(value, str) else value
