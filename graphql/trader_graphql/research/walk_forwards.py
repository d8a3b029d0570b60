"""A walk-forward as the API shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import strawberry
from strawberry.scalars import JSON

from domain.research.model import WalkForwardSpec
from trader_graphql.backtests.statistics import Statistics
from trader_graphql.fields import resolved
from trader_graphql.research.specs import WalkForwardSpecification
from trader_graphql.research.studies import Study

KIND = "WalkForward"


@strawberry.type(description="A stretch of bars: closes of the first and the last one.")
class Span:
    start: datetime
    end: datetime
    bars: int

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Span":
        """From stored JSON values."""
        return cls(start=_time(values["start"]), end=_time(values["end"]), bars=int(values["bars"]))


@strawberry.type(description="What was chosen in one window, what it promised and what it brought.")
class WalkForwardWindow:
    number: int
    train: Span
    test: Span
    parameters: JSON | None = strawberry.field(description="Null: nothing could be chosen, nothing was held.")
    changed: bool = strawberry.field(description="Whether they differ from those of the window before.")
    failed: int = strawberry.field(description="Combinations that could not be run.")
    in_sample: JSON = strawberry.field(description="The objective and the headline statistics, by name.")
    out_of_sample: JSON = strawberry.field(description="The same over the test bars.")
    efficiency: float | None = strawberry.field(description="Annual return out of sample over in sample.")

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "WalkForwardWindow":
        """From stored JSON values."""
        chosen = values["parameters"]
        return cls(
            number=int(values["number"]),
            train=Span.read(values["train"]),
            test=Span.read(values["test"]),
            parameters=None if chosen is None else JSON(chosen),
            changed=bool(values["changed"]),
            failed=int(values["failed"]),
            in_sample=JSON(values["in_sample"]),
            out_of_sample=JSON(values["out_of_sample"]),
            efficiency=values["efficiency"],
        )


@strawberry.type(description="The stitched account at the close of a return period.")
class WalkForwardPoint:
    time: datetime
    equity: float
    benchmark: float | None
    window: int


@strawberry.type(description="How little a parameter moved from window to window; 1 is not at all.")
class ParameterStability:
    parameter: str
    stability: float | None


@strawberry.type(description="Choosing on all bars at once, for contrast: what nobody could have known.")
class Hindsight:
    parameters: JSON | None
    statistics: Statistics | None = strawberry.field(description="Of that choice over the same test bars.")
    windows_agreeing: float = strawberry.field(description="Share of the windows that chose the same.")


@strawberry.type(description="Parameters chosen on past bars and traded on the bars that followed.")
class WalkForward(Study):
    TYPE: ClassVar[str] = KIND

    @resolved("What was asked for, with every default filled in.")
    def spec(self) -> WalkForwardSpecification:
        spec = self.stored.spec
        assert isinstance(spec, WalkForwardSpec)  # noqa: S101 - a study's kind says what its spec is
        return WalkForwardSpecification.of(spec)

    @resolved("Of the stitched out-of-sample account. Null until it has completed.")
    def statistics(self) -> Statistics | None:
        found = self.found()
        return Statistics.read(found["statistics"]) if found else None

    @resolved("Of buying and holding over the same bars.")
    def benchmark_statistics(self) -> Statistics | None:
        found = self.found()
        known = found is not None and found["benchmark_statistics"]
        return Statistics.read(known) if known else None

    @resolved("One a window, in order of time.", expected_size=50)
    def windows(self) -> list[WalkForwardWindow]:
        found = self.found()
        return [WalkForwardWindow.read(one) for one in found["windows"]] if found else []

    @resolved("The stitched account, one point a return period.", expected_size=500)
    def curve(self) -> list[WalkForwardPoint]:
        found = self.found()
        if not found:
            return []
        columns = found["curve"]
        rows = zip(columns["time"], columns["equity"], columns["benchmark"], columns["window"], strict=True)
        return [
            WalkForwardPoint(time=_time(time), equity=equity, benchmark=benchmark, window=window)
            for time, equity, benchmark, window in rows
        ]

    @resolved("Annual return out of sample over the mean in sample. Null where the latter is not positive.")
    def efficiency(self) -> float | None:
        found = self.found()
        return found["efficiency"] if found else None

    @resolved("Share of the windows that ended above their start.")
    def profitable_windows(self) -> float | None:
        found = self.found()
        return found["profitable_windows"] if found else None

    @resolved("How steady the choices were, parameter by parameter.")
    def stability(self) -> list[ParameterStability]:
        found = self.found()
        each = found["stability"]["parameters"] if found else {}
        return [ParameterStability(parameter=name, stability=value) for name, value in each.items()]

    @resolved("Null until it has completed.")
    def hindsight(self) -> Hindsight | None:
        found = self.found()
        if not found:
            return None
        known = found["hindsight"]
        parameters, statistics = known["parameters"], known["statistics"]
        return Hindsight(
            parameters=None if parameters is None else JSON(parameters),
            statistics=Statistics.read(statistics) if statistics else None,
            windows_agreeing=known["windows_agreeing"],
        )

    @resolved("SHA-256 over every series read.")
    def data_hash(self) -> str | None:
        found = self.found()
        return found["data_hash"] if found else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
