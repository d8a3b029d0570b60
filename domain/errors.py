"""Every fault the platform names, split by what the reader of the message can do about it.

TradingError
├── InvalidInput        change the request; nothing was done
│   ├── NotFound        the thing named does not exist here
│   ├── Conflict        it exists, and in a state that forbids this
│   └── Forbidden       the caller's role does not allow it
├── Retryable           the same call may pass later; nothing was lost
└── NeedsOperator       a person must mend something: disk, database, settings, credentials

Messages are one sentence for a person: what was wrong, where, and what to do next.
They never hold a secret, a path of the server or a traceback.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request, and where.

    `path` walks from the root of the request to the field, in the caller's own names:
    `("parameters", "fast")`.
    """

    path: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.message}" if self.path else self.message


class TradingError(Exception):
    """Root of every error that is raised on purpose."""


class InvalidInput(TradingError):
    """The request cannot be carried out as it stands; `problems` says where and why."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems: tuple[Problem, ...] = tuple(problems)

    @classmethod
    def at(cls, *path: str, message: str) -> "InvalidInput":
        """One problem at one field."""
        problem = Problem(path, message)
        return cls(str(problem), [problem])

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> "InvalidInput":
        """Several problems found in one pass, told together."""
        found = tuple(problems)
        return cls("; ".join(str(problem) for problem in found), found)


class NotFound(InvalidInput):
    """A thing that was named does not exist, or not in this workspace."""

    def __init__(self, kind: str, identifier: str, hint: str = "") -> None:
        message = f"There is no {kind} '{identifier}'."
        super().__init__(f"{message} {hint}".strip())
        self.kind = kind
        self.identifier = identifier


class Conflict(InvalidInput):
    """The thing exists in a state that does not allow this."""


class Forbidden(InvalidInput):
    """The caller is known, and not allowed to do this."""


class Retryable(TradingError):
    """A passing fault: the same call may succeed later."""


class NeedsOperator(TradingError):
    """Nothing helps until a person mends something; the message names it."""


class MissingExtra(NeedsOperator):
    """An optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra; in the checkout run: pip install -e '.[{extra}]'.")
        self.extra = extra
