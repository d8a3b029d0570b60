"""A strategy that raises is told to its author by line; what others raise is left as it is."""

from pathlib import Path

import pytest

from domain.backtesting.inputs import RunInputs
from domain.backtesting.run import simulate_spec
from domain.errors import InvalidInput
from domain.strategies.registry import StrategyRegistry
from tests.kit.backtests import a_spec
from tests.kit.bars import random_panel

SOURCE = '''
from domain.strategies.protocol import EventStrategy, VectorisedStrategy


def divide(one, other):
    return one / other


class AtOnce(VectorisedStrategy):
    """Fails in target."""

    name = "at_once"
    lookback = 1

    def target(self, bars):
        return divide(1, 0)


class Later(EventStrategy):
    """Fails on the sixth bar."""

    name = "later"
    lookback = 1

    def on_bar(self, context):
        if context.index == 5:
            raise KeyError("oops")


class Leaver(EventStrategy):
    """Ends the program."""

    name = "leaver"
    lookback = 1

    def on_bar(self, context):
        raise SystemExit(3)


class Quiet(EventStrategy):
    """Does nothing."""

    name = "quiet"
    lookback = 1_000

    def on_bar(self, context):
        context.target(0.0)
'''


@pytest.fixture
def registry(tmp_path: Path) -> StrategyRegistry:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE, encoding="utf-8")
    registry = StrategyRegistry()
    registry.load_file(path)
    return registry


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "at_once",
            (
                "The strategy 'at_once' stopped with an error in line 16 of mine.py: "
                "ZeroDivisionError: division by zero."
            ),
        ),
        ("leaver", "The strategy 'leaver' stopped with an error in line 37 of mine.py: SystemExit: 3."),
        ("later", "The strategy 'later' stopped with an error in line 27 of mine.py: KeyError: 'oops'."),
    ],
)
def test_the_line_of_the_authors_file_is_named(registry: StrategyRegistry, name: str, told: str) -> None:
    spec = a_spec(strategy=name)
    with pytest.raises(InvalidInput) as refused:
        simulate_spec(spec, RunInputs(random_panel(50, 1, 1)), registry.create(name, {}))
    assert str(refused.value) == told
    assert refused.value.__cause__ is not None


def test_what_watches_the_progress_may_raise_what_it_likes(registry: StrategyRegistry) -> None:
    def stop(_: float) -> None:
        raise TimeoutError("enough")

    with pytest.raises(TimeoutError, match="enough"):
        simulate_spec(
            a_spec(strategy="quiet"), RunInputs(random_panel(50, 1, 1)), registry.create("quiet", {}), stop
        )


def test_deciding_on_less_than_the_look_back_is_remarked(registry: StrategyRegistry) -> None:
    spec = a_spec(strategy="quiet")
    simulation = simulate_spec(spec, RunInputs(random_panel(50, 1, 1)), registry.create("quiet", {}))
    assert (
        "'quiet' asks for 1,000 bars before it decides and there are 50: what it decided rests on less than it needs."
        in simulation.warnings
    )
