"""Finding strategies: built in, from installed packages, from a user's file."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from domain.errors import Conflict, InvalidInput, NeedsOperator, NotFound
from domain.strategies.protocol import VectorisedStrategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.bars import random_panel
from tests.kit.strategies import A_STRATEGY_FILE, CrossByEvents, a_strategy_file

CATALOGUE = [
    "allocation",
    "bollinger_reversion",
    "breakout_bracket",
    "buy_and_hold",
    "donchian_breakout",
    "ema_cross",
    "macd",
    "momentum_rotation",
    "pairs_zscore",
    "rsi_reversion",
    "sma_cross",
    "volatility_target",
]


def install_package(folder: Path, entry_point: str, source: str = A_STRATEGY_FILE) -> None:
    """What pip leaves behind for a package that offers one strategy."""
    (folder / "breakouts.py").write_text(source, encoding="utf-8")
    metadata = folder / "breakouts-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: breakouts\nVersion: 1.0\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        f"[agentic_trader.strategies]\nbreakout = {entry_point}\n", encoding="utf-8"
    )


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path; modules imported from it are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "breakouts", raising=False)
    return tmp_path


def test_the_catalogue_is_found_by_itself() -> None:
    found = StrategyRegistry().list()

    assert [info.name for info in found] == CATALOGUE
    assert {info.origin for info in found} == {"built in"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_built_in_strategy_tells_its_reason_and_its_source(name: str) -> None:
    info = StrategyRegistry().describe(name)

    assert info.title
    assert not info.title.endswith(".")
    assert info.summary.endswith(".")
    assert "Source: " in info.description
    assert info.form == ("event" if name == "breakout_bracket" else "vectorised")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_parameter_has_a_meaning_a_default_and_bounds(name: str) -> None:
    schema = StrategyRegistry().describe(name).parameters_schema

    json.dumps(schema)
    assert schema["additionalProperties"] is False
    for parameter, field in schema.get("properties", {}).items():
        assert field["description"].endswith("."), parameter
        assert "default" in field, parameter
        assert field["type"] in {"integer", "number", "boolean", "string"}, parameter
        assert field["type"] != "string" or field["default"] in field["enum"], parameter
        if field["type"] in {"integer", "number"}:
            assert {"minimum", "exclusiveMinimum"} & field.keys(), parameter
            assert {"maximum", "exclusiveMaximum"} & field.keys(), parameter


def test_the_docstring_is_read_as_title_summary_and_description() -> None:
    info = StrategyRegistry().describe("sma_cross")

    assert info.title == "Simple moving average cross"
    assert info.summary == "Own what has begun to rise: buy when the fast average crosses above the slow one."
    assert info.description.startswith("Prices under-react to news, so a change of direction tends to last")
    assert "\n\nSource: W. Brock" in info.description


def test_a_strategy_without_a_title_or_a_docstring_is_called_by_its_name() -> None:
    class Silent(VectorisedStrategy):
        name = "very_silent"
        lookback = 1

        def target(self, bars):  # type: ignore[no-untyped-def]  # as a user may write it
            return np.full(bars.shape, np.nan)

    registry = StrategyRegistry()
    registry.add(Silent, "a test")

    info = registry.describe("very_silent")
    assert (info.title, info.summary, info.description) == ("Very silent", "", "")


def test_an_event_strategy_says_so() -> None:
    registry = StrategyRegistry()
    registry.add(CrossByEvents, "a test")

    assert registry.describe("cross_by_events").form == "event"


def test_pairs_need_exactly_two_instruments_and_a_rotation_two_or_more() -> None:
    registry = StrategyRegistry()

    pairs, rotation = registry.describe("pairs_zscore"), registry.describe("momentum_rotation")

    assert (pairs.minimum_instruments, pairs.maximum_instruments) == (2, 2)
    assert (rotation.minimum_instruments, rotation.maximum_instruments) == (2, None)
    with pytest.raises(InvalidInput, match=r"^instruments: .*exactly 2 instruments, not 3$"):
        registry.check("pairs_zscore", {}, 3)
    with pytest.raises(InvalidInput, match=r"^instruments: .*2 or more instruments, not 1$"):
        registry.check("momentum_rotation", {}, 1)


def test_checked_parameters_come_back_complete_and_canonical() -> None:
    registry = StrategyRegistry()

    assert registry.check("sma_cross", {"slow": "30"}, 1) == {"fast": 20, "slow": 30, "allow_short": False}
    assert registry.check("buy_and_hold", {}, 5) == {}


def test_created_strategies_carry_their_parameters() -> None:
    strategy = StrategyRegistry().create("sma_cross", {"fast": 10, "slow": 20})

    assert (strategy.parameters.fast, strategy.parameters.slow) == (10, 20)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("sma_cross", {"fast": 20, "slow": 10}, r"parameters: fast \(20\) must be below slow \(10\)$"),
        ("sma_cross", {"fast": 60}, r"parameters: fast \(60\) must be below slow \(50\)$"),
        ("ema_cross", {"fast": 9, "slow": 9}, r"parameters: fast \(9\) must be below slow \(9\)$"),
        ("macd", {"fast": 30}, r"parameters: fast \(30\) must be below slow \(26\)$"),
        ("rsi_reversion", {"oversold": 70}, r"parameters: oversold \(70\) must be below recovered \(55\)$"),
        ("momentum_rotation", {"skip": 252}, r"parameters: skip \(252\) must be below window \(252\)$"),
        ("pairs_zscore", {"exit": 3}, r"parameters: exit \(3\) must be below entry \(2\)$"),
        ("sma_cross", {"fast": 0}, r"parameters.fast: must be greater than or equal to 1 \(got 0\)"),
        (
            "sma_cross",
            {"slow": 99_999},
            r"parameters.slow: must be less than or equal to 10000 \(got 99999\)",
        ),
        ("sma_cross", {"fast": "ten"}, r"parameters.fast: must be a valid integer.* \(got 'ten'\)"),
        ("sma_cross", {"fast": 2.5}, r"parameters.fast: must be a valid integer.* \(got 2.5\)"),
        ("sma_cross", {"fast": None}, r"parameters.fast: must be a valid integer \(got None\)"),
        ("sma_cross", {"allow_short": "perhaps"}, r"parameters.allow_short: must be a valid boolean"),
        ("bollinger_reversion", {"width": float("nan")}, r"parameters.width: must be a finite number"),
        ("bollinger_reversion", {"width": 0}, r"parameters.width: must be greater than 0 \(got 0\)"),
        ("buy_and_hold", {"fast": 1}, r"parameters.fast: is not a parameter of this strategy; it has none"),
        (
            "sma_cross",
            {"fats": 1},
            r"parameters.fats: is not a parameter of this strategy; it has fast, slow, allow_short",
        ),
    ],
)
def test_wrong_parameters_are_refused_in_words(
    name: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInput, match=f"^{message}"):
        StrategyRegistry().check(name, parameters, 2)


def test_every_wrong_parameter_is_told_at_once_and_with_its_path() -> None:
    with pytest.raises(InvalidInput) as refused:
        StrategyRegistry().check("sma_cross", {"fast": 0, "slow": "x" * 1_000, "speed": 1}, 1)

    assert [problem.path for problem in refused.value.problems] == [
        ("parameters", "fast"),
        ("parameters", "slow"),
        ("parameters", "speed"),
    ]
    assert len(str(refused.value)) < 400


def test_an_unknown_name_offers_the_nearest() -> None:
    registry = StrategyRegistry()

    for call in (
        lambda: registry.describe("sma_cros"),
        lambda: registry.create("sma_cros", {}),
        lambda: registry.check("sma_cros", {}, 1),
    ):
        with pytest.raises(NotFound, match=r"^There is no strategy 'sma_cros'\. Did you mean: sma_cross, "):
            call()


def test_an_unknown_name_that_is_near_to_nothing_offers_all() -> None:
    with pytest.raises(NotFound, match=r"There are: allocation, .*, volatility_target\.$"):
        StrategyRegistry().describe("qqqq")


def test_two_strategies_of_one_name_are_refused_and_both_origins_named() -> None:
    registry = StrategyRegistry()
    registry.add(CrossByEvents, "package one")

    with pytest.raises(Conflict, match=r"'cross_by_events': one is from package one, the other from mine.py"):
        registry.add(CrossByEvents, "mine.py")


def test_a_file_of_ten_lines_becomes_a_strategy(tmp_path: Path) -> None:
    registry = StrategyRegistry()
    path = a_strategy_file(tmp_path)

    assert registry.load_file(path) == ("breakout",)

    info = registry.describe("breakout")
    assert (info.title, info.summary, info.origin) == (
        "Breakout",
        "Own what makes a new high; leave at a new low.",
        str(path),
    )
    panel = random_panel(200, 1, seed=1)
    mine = registry.create("breakout", {"window": 10})
    built_in = registry.create("donchian_breakout", {"entry": 10, "exit": 10})
    np.testing.assert_array_equal(mine.target(panel), built_in.target(panel))  # type: ignore[attr-defined]


def test_a_file_is_known_to_the_registry_that_loaded_it_alone(tmp_path: Path) -> None:
    StrategyRegistry().load_file(a_strategy_file(tmp_path))

    with pytest.raises(NotFound):
        StrategyRegistry().describe("breakout")


def test_files_of_one_name_in_two_folders_are_two_files(tmp_path: Path) -> None:
    registry = StrategyRegistry()
    for folder, name in (("a", "breakout"), ("b", "other")):
        (tmp_path / folder).mkdir()
        registry.load_file(
            a_strategy_file(tmp_path / folder, A_STRATEGY_FILE.replace('"breakout"', f'"{name}"'))
        )

    modules = {type(registry.create(name, {})).__module__ for name in ("breakout", "other")}
    assert len(modules) == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def broken(:\n", r"is not valid Python: .+ in line 1\.$"),
        (
            "import a_package_nobody_has\n",
            r"in line 1: ModuleNotFoundError: No module named 'a_package_nobody_has'\.$",
        ),
        ("\n\nprint(1 / 0)\n", r"stopped with an error in line 3: ZeroDivisionError: division by zero\.$"),
        ("import sys\nsys.exit(4)\n", r"stopped with an error in line 2: SystemExit: 4\.$"),
        ("answer = 42\n", r"defines no strategy; derive a class from VectorisedStrategy or EventStrategy"),
        (
            "from domain.strategies.catalogue.sma_cross import SmaCross\n",
            r"defines no strategy; derive a class",
        ),
        (
            "from domain.strategies.protocol import EventStrategy\nclass Half(EventStrategy):\n    lookback = 1\n",
            r"defines no complete strategy: Half lacks name, on_bar\.$",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, source: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        StrategyRegistry().load_file(a_strategy_file(tmp_path, source))

    assert str(refused.value).startswith(str(tmp_path / "mine.py"))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no strategy file '.*nowhere\.py'"):
        StrategyRegistry().load_file(tmp_path / "nowhere.py")


def test_a_file_that_is_not_python_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"its name must end in \.py"):
        StrategyRegistry().load_file(a_strategy_file(tmp_path, name="mine.txt"))


def test_a_file_that_takes_a_built_in_name_is_refused(tmp_path: Path) -> None:
    taken = a_strategy_file(tmp_path, A_STRATEGY_FILE.replace('"breakout"', '"sma_cross"'))

    with pytest.raises(
        Conflict, match=r"'sma_cross': one is built in, the other from .*mine\.py; rename one\.$"
    ):
        StrategyRegistry().load_file(taken)


def test_a_file_with_one_name_twice_adds_nothing(tmp_path: Path) -> None:
    registry = StrategyRegistry()
    twice = A_STRATEGY_FILE + "\n\nclass Again(Breakout):\n    pass\n"

    with pytest.raises(Conflict, match=r"'breakout', both from .*mine\.py"):
        registry.load_file(a_strategy_file(tmp_path, twice))

    assert [info.name for info in registry.list()] == CATALOGUE


def test_an_installed_package_offers_its_strategy(packages: Path) -> None:
    install_package(packages, "breakouts:Breakout")

    assert StrategyRegistry().describe("breakout").origin == "breakouts"


@pytest.mark.parametrize(
    ("entry_point", "source", "message"),
    [
        ("breakouts:Missing", A_STRATEGY_FILE, "cannot be loaded: .*Missing.*; update or uninstall it"),
        ("breakouts:Breakout", "import a_package_nobody_has\n", "cannot be loaded: No module named"),
        ("breakouts:answer", "answer = 42\n", "is not a strategy class"),
        (
            "breakouts:Breakout",
            A_STRATEGY_FILE.replace("def target", "def targets"),
            "lacks target; update or uninstall it",
        ),
    ],
)
def test_a_package_whose_strategy_cannot_be_loaded_is_named(
    packages: Path, entry_point: str, source: str, message: str
) -> None:
    install_package(packages, entry_point, source)

    with pytest.raises(NeedsOperator, match=f"The strategy 'breakout' of package breakouts {message}"):
        StrategyRegistry()


def test_a_package_that_takes_a_built_in_name_is_refused(packages: Path) -> None:
    install_package(packages, "breakouts:Breakout", A_STRATEGY_FILE.replace('"breakout"', '"macd"'))

    with pytest.raises(Conflict, match="'macd': one is built in, the other from breakouts"):
        StrategyRegistry()
