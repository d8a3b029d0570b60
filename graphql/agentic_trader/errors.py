"""What can go wrong when talking to the platform.

ClientFault
├── Refused             the platform understood the request and did not carry it out
│   ├── InvalidInput    `problems` says which field and why
│   ├── NotFound        the thing named does not exist
│   ├── Conflict        it exists, in a state that forbids this
│   └── Forbidden       the key's role does not allow it
├── Failed              the answer was an error, or not what the schema promises
├── Unreachable         no answer came; the same call may pass later
└── RunEnded            a run or a study that was waited for failed or was cancelled
"""

from dataclasses import dataclass


class ClientFault(Exception):
    """Root of every error of the client."""


class Refused(ClientFault):
    """The request was understood and nothing was changed."""


@dataclass(frozen=True, slots=True)
class InputProblem:
    """What is wrong, and where in the input."""

    path: tuple[str, ...]
    message: str


class InvalidInput(Refused):
    """The request cannot be carried out as it stands."""

    def __init__(self, message: str, problems: tuple[InputProblem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class NotFound(Refused):
    """A thing that was named does not exist, or not in this workspace."""


class Conflict(Refused):
    """The thing exists in a state that does not allow this."""


class Forbidden(Refused):
    """The key's role does not allow this."""


class Failed(ClientFault):
    """The platform answered with an error, or with something else than its schema promises."""


class Unreachable(ClientFault):
    """No answer came: the server is away, or silent for longer than the time limit."""


class RunEnded(ClientFault):
    """What was waited for ended without a result."""
