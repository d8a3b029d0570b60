"""`agentic-trader version`."""

import platform
import sys

from functions.cli.output import AsJson, print_json, write_line


def version(as_json: AsJson = False) -> None:
    """Say which version this is, with the commit when it runs from a checkout.

    Example:

      agentic-trader version --json
    """
    from functions.version import code_version

    code = code_version()
    if as_json:
        print_json({"version": code, "python": platform.python_version(), "platform": sys.platform})
    else:
        write_line(f"agentic-trader {code}")
