"""`agentic-trader database`: the shape of the database."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.errors import InvalidInput
from functions.cli.output import AsJson, print_json, write_line
from functions.cli.session import composed

if TYPE_CHECKING:
    from functions.bootstrap import Application

app = typer.Typer(help="Create, upgrade and inspect the database.", no_args_is_help=True)


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Bring the database to the newest revision; it is created when there is none.

    Example:

      DATABASE_URL=postgresql://trader@db/trading agentic-trader database upgrade
    """
    with composed() as application:
        application.upgrade_database()
        _tell(_status(application), as_json)


@app.command()
def downgrade(
    revision: Annotated[str, typer.Option(help="Go back to this one; `base` empties the database.")],
    yes: Annotated[bool, typer.Option("--yes", help="Agree that what newer tables hold is lost.")] = False,
    as_json: AsJson = False,
) -> None:
    """Undo migrations. What the undone tables held is lost.

    Example:

      agentic-trader database downgrade --revision base --yes
    """
    if not yes:
        raise InvalidInput("A downgrade loses what the undone tables hold; add --yes to agree.")
    from domain.storage.migrate import downgrade as undo

    with composed() as application:
        undo(application.database, revision)
        _tell(_status(application), as_json)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which revision the database has, and which one this program needs.

    Example:

      agentic-trader database status --json
    """
    with composed() as application:
        _tell(_status(application), as_json)


def _status(application: "Application") -> dict[str, Any]:
    from domain.storage.migrate import current_revision, is_current
    from domain.storage.tables import SCHEMA_REVISION

    return {
        "kind": application.database.engine.dialect.name,
        "revision": current_revision(application.database),
        "needed": SCHEMA_REVISION,
        "current": is_current(application.database),
    }


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    elif found["current"]:
        write_line(f"The {found['kind']} database is at revision {found['revision']}, as it should be.")
    else:
        has = found["revision"] or "none"
        write_line(f"The {found['kind']} database has revision {has} and needs {found['needed']}.")
        write_line("Run: agentic-trader database upgrade")
