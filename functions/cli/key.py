"""`agentic-trader key`: who may call the API."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.identity.model import Role
from domain.ids import ApiKeyId
from functions.cli.output import AsJson, note, print_json, show, table, write_line
from functions.cli.session import opened

if TYPE_CHECKING:
    from domain.identity.model import ApiKey

app = typer.Typer(help="API keys of this workspace.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, so that you know it in the list.")],
    role: Annotated[
        Role, typer.Option(help="viewer reads, trader also runs backtests, admin also manages keys.")
    ],
    expires_in_days: Annotated[
        int | None,
        typer.Option(min=1, max=3_650, help="It opens nothing after that; never expires when left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown this once: only a hash of it is kept.

    Example:

      agentic-trader key create dashboard --role viewer --expires-in-days 90
    """
    with opened() as application:
        now = application.services.clock.now()
        expires_at = None if expires_in_days is None else now + timedelta(days=expires_in_days)
        key, secret = application.services.identity.create_key(
            application.workspace_id, name, role, expires_at
        )
    if as_json:
        print_json(_document(key) | {"secret": secret})
        return
    write_line(secret)
    note(f"Key {key.id} ({key.role}) was made. Keep the secret above: it cannot be shown again.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the keys, never their secrets.

    Example:

      agentic-trader key list --json
    """
    with opened() as application:
        now = application.services.clock.now()
        keys = application.services.identity.list_keys(application.workspace_id)
    if as_json:
        print_json([_document(key) for key in keys])
        return
    shown = table("", "Id", "Name", "Role", "Begins with", "State", "Created", "Last used")
    for key in keys:
        expired = key.expires_at is not None and key.expires_at <= now
        state = "revoked" if key.revoked_at else "expired" if expired else "usable"
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        shown.add_row(key.id, key.name, str(key.role), key.prefix, state, f"{key.created_at:%Y-%m-%d}", used)
    show(shown if keys else "There are no keys. Make one with: agentic-trader key create NAME --role trader")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `key list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Close a key for good.

    Example:

      agentic-trader key revoke key_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    with opened() as application:
        application.services.identity.revoke_key(application.workspace_id, ApiKeyId(key_id))
    if as_json:
        print_json({"id": key_id, "revoked": True})
    else:
        write_line(f"Key {key_id} opens nothing any more.")


def _document(key: "ApiKey") -> dict[str, Any]:
    """A key as JSON, without its hash."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "prefix": key.prefix,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
