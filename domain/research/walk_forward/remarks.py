"""What a reader must know before trusting a walk-forward, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.research.model import ParameterValue, WalkForwardSpec
from domain.research.walk_forward.choosing import Choice
from domain.research.walk_forward.stability import Parameters

FEW_WINDOWS = 5
"""Below so many, one lucky window decides the result."""
EFFICIENT = 0.5
"""Pardo (2008): a walk-forward efficiency under one half says that most of what was found did not last."""
ERRATIC = 0.25
"""Steadiness, 0 being dice: choices this close to dice were fitted to noise."""
MUCH_OF_THE_TRAINING = 0.5
"""A look-back longer than this share of the training rows leaves too few of them to trade on."""
OFTEN_ON_THE_EDGE = 0.5


@dataclass(frozen=True, slots=True)
class Course:
    """How a walk-forward went. lookback is the longest of the chosen strategies, in bars."""

    spec: WalkForwardSpec
    choices: Sequence[Choice]
    candidates: Sequence[Parameters]
    outcome: Mapping[str, Any]
    lookback: int


def remarks(course: Course) -> tuple[str, ...]:
    """One sentence for each thing that limits what the result says."""
    return tuple(_all(course))


def _all(course: Course) -> Iterator[str]:
    yield from _about_windows(course)
    yield from _about_efficiency(course)
    yield from _about_choices(course)
    yield from _about_edges(course)


def _about_windows(course: Course) -> Iterator[str]:
    count = len(course.choices)
    if count < FEW_WINDOWS:
        yield f"There are only {count} windows; one lucky window can decide the result."
    idle = [choice for choice in course.choices if choice.parameters is None]
    if idle:
        why = next((choice.failure for choice in idle if choice.failure), "")
        yield (
            f"In {len(idle)} of {count} windows '{course.outcome['objective']['statistic']}' was undefined for every "
            f"combination, so nothing was held there{f': {why}' if why else '.'}"
        )
    failed = max(choice.failed for choice in course.choices)
    if failed:
        yield f"Up to {failed} of {len(course.candidates)} combinations could not be run in a window."
    if course.lookback > MUCH_OF_THE_TRAINING * course.spec.train_bars:
        yield (
            f"The strategy needs {course.lookback} bars before it can decide, and parameters were chosen on "
            f"{course.spec.train_bars}: little of each training window was traded. Train on more bars."
        )


def _about_efficiency(course: Course) -> Iterator[str]:
    efficiency = course.outcome["efficiency"]
    if efficiency is not None and efficiency < EFFICIENT:
        kept = f"{efficiency:.0%} of" if efficiency > 0 else "none of"
        yield f"Out of sample the account kept {kept} the annual return that the choices promised in sample."
    here, there = (
        course.outcome["statistics"]["sharpe"],
        course.outcome["hindsight"]["statistics"].get("sharpe"),
    )
    if here is not None and there is not None and there > 0 > here:
        yield (
            f"Chosen in hindsight the parameters have a Sharpe ratio of {there:.2f} over the same bars, chosen in "
            f"advance {here:.2f}: the edge is in the hindsight."
        )


def _about_choices(course: Course) -> Iterator[str]:
    steady = course.outcome["stability"]["overall"]
    if steady is not None and steady < ERRATIC:
        yield "The parameters chosen jump from window to window about as dice would: there is no stable optimum."


def _about_edges(course: Course) -> Iterator[str]:
    chosen = [choice.parameters for choice in course.choices if choice.parameters is not None]
    for name in chosen[0] if chosen else ():
        tried = {one[name] for one in course.candidates}
        ends = _ends(tried)
        at_an_end = [one for one in chosen if one[name] in ends]
        # Of few values dice would choose an end as often.
        often = max(OFTEN_ON_THE_EDGE, len(ends) / len(tried))
        if ends and len(at_an_end) > often * len(chosen):
            yield (
                f"In {len(at_an_end)} of {len(chosen)} windows the best '{name}' lies on the edge of what was tried; "
                "the optimum may be outside."
            )


def _ends(tried: set[ParameterValue]) -> set[ParameterValue]:
    """Lowest and highest of three numbers or more; of two, both are always an edge, which says nothing."""
    values = [one for one in tried if isinstance(one, int | float) and not isinstance(one, bool)]
    return {min(values), max(values)} if len(values) == len(tried) and len(values) > 2 else set()  # noqa: PLR2004
