"""Which media type answers a request, by its Accept header (RFC 9110, 12.5.1)."""

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
# In order of our own preference among equals; plain JSON first, for clients that name neither.
_OFFERED = (JSON, GRAPHQL_RESPONSE)
_EXACT, _SUBTYPE_WILDCARD, _WILDCARD = 2, 1, 0


def media_type(accept: str | None) -> str | None:
    """The best of what is offered; None when the client takes neither."""
    if not accept:
        return JSON
    ranges = [parsed for part in accept.split(",") if (parsed := _range(part))]
    scored = [(score, offered) for offered in _OFFERED if (score := _score(offered, ranges))]
    return max(scored, key=lambda one: one[0])[1] if scored else None


def names_a_graphql_type(accept: str | None) -> bool:
    """Whether one of the offered types is named in full, which no browser does on its own."""
    return any(offered in (accept or "").lower() for offered in _OFFERED)


def _range(part: str) -> tuple[str, float] | None:
    name, *parameters = (piece.strip() for piece in part.lower().split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                return None
        elif key.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            return None
    return (name, quality) if "/" in name else None


def _score(offered: str, ranges: list[tuple[str, float]]) -> tuple[float, int] | None:
    """Quality, then how exactly it was named; None when it is not acceptable."""
    best: tuple[int, float] | None = None
    for name, quality in ranges:
        exactness = {offered: _EXACT, "application/*": _SUBTYPE_WILDCARD, "*/*": _WILDCARD}.get(name)
        if exactness is not None and (best is None or exactness > best[0]):
            best = (exactness, quality)
    if best is None or best[1] == 0:
        return None
    return best[1], best[0]
