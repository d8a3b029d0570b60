"""Who sends a request: the holder of an API key or, on a developer's own machine, its user."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from domain.identity.model import Principal, Role
from domain.identity.service import IdentityService
from domain.ids import WorkspaceId
from trader_graphql.request import in_thread

_SCHEME = "bearer"
# A proxy on this machine makes strangers look like neighbours; it gives itself away by these.
_FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Unauthenticated(Exception):
    """Nobody this server knows; the message says what to send."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A recognised caller, and whether it is the user of this very machine."""

    principal: Principal
    is_local: bool

    @property
    def may_introspect(self) -> bool:
        """The schema is committed and public to the team; strangers and programs need no probing."""
        return self.is_local or self.principal.role is Role.ADMIN


class Authenticator:
    """Recognises callers.

    local_workspace  when set, a request without a key from this machine itself acts as admin there
    allowed_origins  pages that may use that privilege although they come from another server
    """

    def __init__(
        self,
        identity: IdentityService,
        *,
        local_workspace: WorkspaceId | None = None,
        allowed_origins: Collection[str] = (),
    ) -> None:
        self._identity = identity
        self._local_workspace = local_workspace
        self._allowed_origins = normalize_allowed_origins(allowed_origins)

    async def caller(self, connection: HTTPConnection, authorization: str | None = None) -> Caller:
        """Who sends this, by its Authorization header or one sent in another way.

        Raises Unauthenticated, and the database's faults.
        """
        authorization = authorization or connection.headers.get("authorization")
        if authorization is not None:
            return await self._by_key(authorization)
        if self._local_workspace is None:
            raise Unauthenticated("Send an API key in the header 'Authorization: Bearer at_…'.")
        stranger = self._why_not_local(connection)
        if stranger:
            raise Unauthenticated(f"{stranger}; send an API key in the header 'Authorization: Bearer at_…'.")
        return Caller(Principal(self._local_workspace, "local", Role.ADMIN), is_local=True)

    async def _by_key(self, authorization: str) -> Caller:
        scheme, _, secret = authorization.strip().partition(" ")
        if scheme.lower() != _SCHEME:
            raise Unauthenticated("The Authorization header must be of the form 'Bearer at_…'.")
        principal = await in_thread(self._identity.recognise, secret.strip())
        if principal is None:
            raise Unauthenticated("This API key is unknown, revoked or expired.")
        return Caller(principal, is_local=False)

    def _why_not_local(self, connection: HTTPConnection) -> str | None:
        """Why a request without a key is not from the user of this machine; None when it is.

        Host is checked because a web page can point a name of its own at 127.0.0.1, Origin because
        any page the user opens can send requests here.
        """
        headers = connection.headers
        if connection.client is None or not is_loopback(connection.client.host):
            return "Only this machine itself needs no key"
        if any(header in headers for header in _FORWARDING_HEADERS):
            return "A request that came through a proxy needs a key"
        host = headers.get("host", "")
        if not is_loopback(_hostname(host)):
            return f"Host '{host}' is not this machine"
        origin = headers.get("origin")
        if (
            origin is None
            or is_same_origin(origin, host)
            or normalize_origin(origin) in self._allowed_origins
        ):
            return None
        return f"Pages of {origin} are not allowed to act for you"


def is_loopback(host: str) -> bool:
    """Whether a host name or address always means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
