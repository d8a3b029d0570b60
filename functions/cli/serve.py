"""`agentic-trader serve`: the API on this machine."""

import logging
from typing import Annotated

import typer

from functions.cli.output import AsJson, note, print_json
from functions.cli.session import make_ready


def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Address to bind to; 127.0.0.1 unless AGENTIC_TRADER_HOST says otherwise."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port to bind to, 0 for a free one; 8000 by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the GraphQL API until Ctrl-C.

    On 127.0.0.1 you are signed in as admin and GraphiQL is there to try queries. Any other address
    needs API keys first: see `agentic-trader key create`. With --json one document that holds the
    links is printed when the server is ready.

    Example:

      agentic-trader serve --port 8080
    """
    from functions.bootstrap import compose
    from functions.local import serve as serve_api
    from functions.settings import Settings

    settings = Settings.read()
    changed = {"host": host, "port": port}
    settings = settings.model_copy(
        update={name: value for name, value in changed.items() if value is not None}
    )
    _log_to_stderr(settings.log_level)
    application = compose(settings)
    try:
        make_ready(application)
        serve_api(application, settings.host, settings.port, lambda url: _ready(url, as_json))
    finally:
        application.close()


def links(url: str) -> dict[str, str]:
    """Where to look on a server at this URL."""
    root = url.rstrip("/")
    return {"graphql": f"{root}/graphql", "documentation": f"{root}/docs", "health": f"{root}/healthz"}


def _log_to_stderr(level: str) -> None:
    """A server tells its operator what happens to requests and runs."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(level)


def _ready(url: str, as_json: bool) -> None:
    found = links(url)
    if as_json:
        print_json({"url": url} | found)
        return
    note(f"GraphQL, and GraphiQL in a browser:  {found['graphql']}")
    note(f"Documentation:                       {found['documentation']}")
    note("Ctrl-C stops it.")
