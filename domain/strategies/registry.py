"""Every strategy that can be named: built in, from other packages, or from a user's own file."""

import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from domain.errors import Conflict, InvalidInput, NotFound
from domain.strategies import catalogue
from domain.strategies.ports import StrategyInfo
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy

ENTRY_POINT_GROUP = "agentic_trader.strategies"
_BUILT_IN = "built in"


class StrategyRegistry:
    """Built-in strategies and those that installed packages offer; files are added by `load_file`.

    Raises Conflict when two strategies share a name, InvalidInput when a package's entry point
    cannot be loaded.
    """

    def __init__(self) -> None:
        self._strategies: dict[str, type[Strategy]] = {}
        self._origins: dict[str, str] = {}
        for module in _catalogue_modules():
            for strategy in _strategies_in(module):
                self.add(strategy, _BUILT_IN)
        for entry_point in entry_points(group=ENTRY_POINT_GROUP):
            self.add(_loaded(entry_point), _package_of(entry_point))

    def add(self, strategy: type[Strategy], origin: str) -> None:
        """Make a strategy known under its name. Raises Conflict when the name is taken."""
        name = strategy.name
        if name in self._strategies:
            raise Conflict(
                f"Two strategies are called '{name}': one is {self._origins[name]}, the other from {origin}; "
                "rename one."
            )
        self._strategies[name] = strategy
        self._origins[name] = origin

    def load_file(self, path: Path) -> tuple[str, ...]:
        """Make the strategies of a Python file known and return their names.

        The file is run: only load your own. Raises NotFound when there is no such file,
        InvalidInput when it cannot be run or defines no complete strategy, Conflict for a name
        that is taken.
        """
        found = tuple(_strategies_in(_module_from(path)))
        if not found:
            raise InvalidInput(
                f"{path} defines no strategy; derive a class from VectorisedStrategy or EventStrategy "
                "and give it a name, a lookback, and target or on_bar."
            )
        for strategy in found:
            self.add(strategy, str(path))
        return tuple(strategy.name for strategy in found)

    def create(self, name: str, parameters: Mapping[str, Any]) -> Strategy:
        """A configured strategy. Raises NotFound, and InvalidInput for its parameters."""
        return self._named(name).configured(parameters)

    def list(self) -> Sequence[StrategyInfo]:
        """Every strategy, by name."""
        return [self.describe(name) for name in sorted(self._strategies)]

    def describe(self, name: str) -> StrategyInfo:
        """What a form or a person needs to know. Raises NotFound that offers the nearest names."""
        strategy = self._named(name)
        summary, _, description = (inspect.getdoc(strategy) or "").partition("\n")
        fewest, most = strategy.instruments_needed
        return StrategyInfo(
            name=name,
            title=name.replace("_", " ").capitalize(),
            summary=summary.strip(),
            description=description.strip(),
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
            wanted = f"exactly {fewest}" if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
            raise InvalidInput.at(
                "instruments", message=f"strategy '{name}' trades {wanted} instruments, not {instruments}"
            )
        values: dict[str, Any] = strategy.configured(parameters).parameters.model_dump(mode="json")
        return values

    def _named(self, name: str) -> type[Strategy]:
        if name not in self._strategies:
            near = difflib.get_close_matches(name, self._strategies, n=3)
            known = near or sorted(self._strategies)
            raise NotFound("strategy", name, f"{'Did you mean' if near else 'There are'}: {', '.join(known)}.")
        return self._strategies[name]


def _catalogue_modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(catalogue.__path__):
        yield importlib.import_module(f"{catalogue.__name__}.{found.name}")


def _strategies_in(module: ModuleType) -> Iterator[type[Strategy]]:
    """Complete strategies that the module itself defines, in the order they stand in it."""
    for member in vars(module).values():
        if (
            inspect.isclass(member)
            and issubclass(member, VectorisedStrategy | EventStrategy)
            and member.__module__ == module.__name__
            and not inspect.isabstract(member)
            and isinstance(getattr(member, "name", None), str)
        ):
            yield member


def _loaded(entry_point: EntryPoint) -> type[Strategy]:
    try:
        loaded = entry_point.load()
    except Exception as fault:
        raise InvalidInput(
            f"The strategy '{entry_point.name}' of package {_package_of(entry_point)} cannot be loaded: {fault}."
        ) from fault
    if not (inspect.isclass(loaded) and issubclass(loaded, Strategy)):
        raise InvalidInput(
            f"The entry point '{entry_point.name}' of package {_package_of(entry_point)} is not a strategy class."
        )
    return loaded


def _package_of(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist is not None else entry_point.value


def _module_from(path: Path) -> ModuleType:
    if not path.is_file():
        raise NotFound("file", str(path))
    name = f"agentic_trader_strategy_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"{path} is not a Python file; its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as fault:
        raise InvalidInput(f"{path} is not valid Python: {fault.msg} in line {fault.lineno}.") from None
    except Exception as fault:
        raise InvalidInput(f"{path} cannot be run: {type(fault).__name__}: {fault}.") from fault
    return module
