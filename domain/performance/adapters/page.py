"""The frame of every report: one HTML file, no network, works without JavaScript, light, dark and on paper."""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from domain.errors import MissingExtra
from domain.performance.adapters.charts.svg import Markup

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = "domain.performance.adapters"


def render_page(
    template: str, values: Mapping[str, object], *, package: str = _PACKAGE, style: str = ""
) -> str:
    """A template that extends `page.html`, as a complete document. Everything in values is escaped.

    package  where the template lies, and the style sheet that is added to the frame's own
    values   besides the template's own: title, kind (what sort of report it is) and created (when it was
             made, in words, or None)

    Raises MissingExtra when the template engine is not installed.
    """
    own = _asset(package, style) if style else ""
    styles, script = _asset(_PACKAGE, "page.css") + own, _asset(_PACKAGE, "page.js")
    frame = {
        "style": Markup(styles),
        "script": Markup(script),
        "policy": _content_security_policy(styles, script),
    }
    return _environment(package).get_template(template).render(**frame, **values)


@lru_cache(maxsize=4)
def _environment(package: str) -> "Environment":
    """Templates of the package, and those of the frame."""
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError:
        raise MissingExtra("The report", "research") from None

    def load(name: str) -> str | None:
        for place in (package, _PACKAGE):
            if (files(place) / name).is_file():
                return _asset(place, name)
        return None

    environment = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False}
    return environment


@lru_cache(maxsize=16)
def _asset(package: str, name: str) -> str:
    return (files(package) / name).read_text("utf-8")


def _content_security_policy(style: str, script: str) -> str:
    """Only our own style and script may act, whatever text found its way into the page."""
    return (
        f"default-src 'none'; style-src {_fingerprint(style)}; script-src {_fingerprint(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
