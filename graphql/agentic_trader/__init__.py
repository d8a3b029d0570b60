"""The platform for Python users: `from agentic_trader import Client`."""

from agentic_trader.client import Client
from agentic_trader.errors import (
    ClientFault,
    Conflict,
    Failed,
    Forbidden,
    InvalidInput,
    NotFound,
    Refused,
    RunEnded,
    Unreachable,
)

__all__ = [
    "Client",
    "ClientFault",
    "Conflict",
    "Failed",
    "Forbidden",
    "InvalidInput",
    "NotFound",
    "Refused",
    "RunEnded",
    "Unreachable",
]
