"""Every strategy that can be named: built in, from other packages, or from a user's own file."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from domain.errors import Conflict, InvalidInput, NeedsOperator, NotFound
from domain.strategies import catalogue
from domain.strategies.ports import StrategyInfo
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy
from domain.strategies.user_file import run_file

ENTRY_POINT_GROUP = "agentic_trader.strategies"
_BUILT_IN = "built in"


class StrategyRegistry:
    """Built-in strategies and those that installed packages offer; files are added by `load_file`.

    A package offers a strategy by an entry point of the group `agentic_trader.strategies` that
    names its class. Raises Conflict when two strategies share a name, and NeedsOperator when an
    installed package's strategy cannot be loaded.
    """

    def __init__(self) -> None:
        self._strategies: dict[str, type[Strategy]] = {}
        self._origins: dict[str, str] = {}
        for module in _catalogue_modules():
            self._add_all(_complete(_defined_in(module)), _BUILT_IN)
        for entry_point in entry_points(group=ENTRY_POINT_GROUP):
            self._add_all([_loaded(entry_point)], _package_of(entry_point))

    def add(self, strategy: type[Strategy], origin: str) -> None:
        """Make a strategy known under its name. Raises Conflict when the name is taken."""
        self._add_all([strategy], origin)

    def load_file(self, path: Path) -> tuple[str, ...]:
        """Make the strategies of a Python file known and return their names, or change nothing.

        The file is run: only load your own. Raises NotFound when there is no such file,
        InvalidInput when it cannot be run or defines no complete strategy, Conflict for a name
        that is taken.
        """
        defined = _defined_in(run_file(path))
        complete = _complete(defined)
        if not complete:
            raise InvalidInput(_why_none(path, defined))
        self._add_all(complete, str(path))
        return tuple(strategy.name for strategy in complete)

    def create(self, name: str, parameters: Mapping[str, Any], seed: int = 0) -> Strategy:
        """A configured strategy; what it draws at random follows from the seed.

        Raises NotFound, and InvalidInput for its parameters.
        """
        return self._named(name).configured(parameters, seed)

    def list(self) -> Sequence[StrategyInfo]:
        """Every strategy, by name."""
        return [self.describe(name) for name in sorted(self._strategies)]

    def describe(self, name: str) -> StrategyInfo:
        """What a form or a person needs to know. Raises NotFound that offers the nearest names."""
        strategy = self._named(name)
        title, summary, description = _read_docstring(strategy)
        fewest, most = strategy.instruments_needed
        return StrategyInfo(
            name=name,
            title=title,
            summary=summary,
            description=description,
            form="event" if issubclass(strategy, EventStrategy) else "vectorised",
            parameters_schema=strategy.Parameters.model_json_schema(),
            minimum_instruments=fewest,
            maximum_instruments=most,
            origin=self._origins[name],
        )

    def check(self, name: str, parameters: Mapping[str, Any], instruments: int) -> dict[str, Any]:
        """The parameters with every default filled in, as JSON values.

        Raises NotFound for the strategy, InvalidInput for parameters or a number of instruments it
        cannot trade.
        """
        strategy = self._named(name)
        fewest, most = strategy.instruments_needed
        if instruments < fewest or (most is not None and instruments > most):
            wanted = f"{fewest} or more" if most is None else f"{fewest} to {most}"
            raise InvalidInput.at(
                "instruments",
                message=f"strategy '{name}' trades {f'exactly {fewest}' if fewest == most else wanted} "
                f"instruments, not {instruments}",
            )
        values: dict[str, Any] = strategy.configured(parameters).parameters.model_dump(mode="json")
        return values

    def _add_all(self, strategies: Sequence[type[Strategy]], origin: str) -> None:
        added: dict[str, type[Strategy]] = {}
        for strategy in strategies:
            first = origin if strategy.name in added else self._origins.get(strategy.name)
            if first is not None:
                raise Conflict(_two_of_one_name(strategy.name, first, origin))
            added[strategy.name] = strategy
        self._strategies.update(added)
        self._origins.update(dict.fromkeys(added, origin))

    def _named(self, name: str) -> type[Strategy]:
        if name not in self._strategies:
            near = difflib.get_close_matches(name, self._strategies, n=3)
            known = near or sorted(self._strategies)
            raise NotFound(
                "strategy", name, f"{'Did you mean' if near else 'There are'}: {', '.join(known)}."
            )
        return self._strategies[name]


def _catalogue_modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(catalogue.__path__):
        yield importlib.import_module(f"{catalogue.__name__}.{found.name}")


def _defined_in(module: ModuleType) -> list[type[Strategy]]:
    """Strategy classes that the module itself defines, complete or not, in their order."""
    return [
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, VectorisedStrategy | EventStrategy)
        and member.__module__ == module.__name__
    ]


def _complete(strategies: Sequence[type[Strategy]]) -> list[type[Strategy]]:
    return [strategy for strategy in strategies if not _lacks(strategy)]


def _lacks(strategy: type[Strategy]) -> list[str]:
    """What a class must still define before it can trade."""
    named = isinstance(getattr(strategy, "name", None), str)
    return ([] if named else ["name"]) + sorted(getattr(strategy, "__abstractmethods__", ()))


def _why_none(path: Path, defined: Sequence[type[Strategy]]) -> str:
    if defined:
        lacking = " and ".join(f"{one.__name__} lacks {', '.join(_lacks(one))}" for one in defined)
        return f"{path} defines no complete strategy: {lacking}."
    return (
        f"{path} defines no strategy; derive a class from VectorisedStrategy or EventStrategy "
        "and give it a name, a lookback, and target or on_bar."
    )


def _read_docstring(strategy: type[Strategy]) -> tuple[str, str, str]:
    """Title, summary, description.

    A first line without a full stop is the title, otherwise the name is; the first paragraph after
    it is the summary, the others the description.
    """
    text = inspect.cleandoc(strategy.__doc__ or "")
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
    title = strategy.name.replace("_", " ").capitalize()
    if paragraphs and not paragraphs[0].endswith("."):
        title = paragraphs.pop(0)
    return title, "".join(paragraphs[:1]), "\n\n".join(paragraphs[1:])


def _two_of_one_name(name: str, first: str, second: str) -> str:
    if first == second:
        return f"Two strategies are called '{name}', both from {first}; rename one."
    known = first if first == _BUILT_IN else f"from {first}"
    return f"Two strategies are called '{name}': one is {known}, the other from {second}; rename one."


def _loaded(entry_point: EntryPoint) -> type[Strategy]:
    what = f"The strategy '{entry_point.name}' of package {_package_of(entry_point)}"
    try:
        loaded = entry_point.load()
    except Exception as fault:
        raise NeedsOperator(f"{what} cannot be loaded: {fault}; update or uninstall it.") from fault
    if not (inspect.isclass(loaded) and issubclass(loaded, VectorisedStrategy | EventStrategy)):
        raise NeedsOperator(f"{what} is not a strategy class; update or uninstall it.")
    if _lacks(loaded):
        raise NeedsOperator(f"{what} lacks {', '.join(_lacks(loaded))}; update or uninstall it.")
    strategy: type[Strategy] = loaded
    return strategy


def _package_of(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist is not None else entry_point.value
