"""Findings in sentences for a person. Free of numpy."""

from domain.research.bias.model import BiasKind, Effect, Figures


def lookahead_sentence(kind: BiasKind, subject: str, reach: int, changed: int) -> str:
    """What the pattern of changed values means."""
    what = "The decision" if subject == "target" else "An order" if subject == "orders" else f"'{subject}'"
    bars = plural(reach, "bar")
    why = {
        BiasKind.FUTURE_BARS: f"uses up to {plural(reach, 'later bar')}",
        BiasKind.WHOLE_SAMPLE: f"is made from the whole sample: later bars change it as much as {bars} back",
        BiasKind.LENGTH_OF_DATA: f"depends on how many bars follow, whatever is in them, up to {bars} back",
        BiasKind.RANDOM_ORDER: "depends on random numbers that are not drawn in the order of the bars: "
        "later bars decide which it gets",
    }[kind]
    return f"{what} {why}; {plural(changed, 'value')} of the past changed."


def effect_in_words(kind: BiasKind, effect: Effect, currency: str, bars: int) -> str:
    """Both results side by side."""
    honest = {
        BiasKind.SAME_CLOSE: "filled at the next open",
        BiasKind.LATER_ADJUSTMENT: "decided on prices as they were known at the time",
        BiasKind.FUTURE_JOIN: "with the data from outside known one bar later",
        BiasKind.OUTSIDE_DATA: "with the data from outside known one bar later",
        BiasKind.SHORT_LOOKBACK: "fed the declared look-back alone",
        BiasKind.SLOW_WARM_UP: "fed the declared look-back alone",
        BiasKind.NEVER_SETTLES: "fed the declared look-back alone",
    }.get(kind, "decided bar by bar on what was known")
    over = f" over the last {effect.bars} bars" if effect.bars < bars else ""
    return (
        f"The result ends{over} at {_money(effect.told, currency)}; {honest} it ends at "
        f"{_money(effect.honest, currency)}."
    )


def plural(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def share(part: float) -> str:
    """A fraction as a percentage with three significant digits."""
    return f"{part * 100:.3g} %"


def _money(figures: Figures, currency: str) -> str:
    sharpe = "undefined" if figures.sharpe is None else f"{figures.sharpe:.2f}"
    return f"{figures.final_equity:,.0f} {currency} (Sharpe {sharpe})"
