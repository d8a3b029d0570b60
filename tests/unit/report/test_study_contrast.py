"""The tints and lines of study reports can be read: WCAG 2.2 AA."""

import re
from importlib.resources import files

import pytest

PAGE = (files("domain.performance.adapters") / "page.css").read_text("utf-8")
STYLE = (files("domain.research.adapters.reports") / "study.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): ([^;]+);", block))
    for block in re.findall(r":root[^{]*\{([^}]*--page[^}]*)\}", PAGE)[:2]
)
OWN_LIGHT, OWN_DARK, OWN_BUTTON = (
    dict(re.findall(r"--([\w-]+): ([^;]+);", block))
    for block in re.findall(r":root[^{]*\{([^}]*--series[^}]*)\}", STYLE)
)
PALETTES = {"light": LIGHT | OWN_LIGHT, "dark": DARK | OWN_DARK}
Colour = tuple[float, ...]


def colour(text: str) -> Colour:
    if text.startswith("#"):
        return tuple(float(int(text[at : at + 2], 16)) for at in (1, 3, 5))
    return tuple(float(part) for part in text.split()[:3])


def luminance(value: Colour) -> float:
    parts = [part / 255 for part in value]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize(("side", "tone"), [("better", "gain"), ("worse", "loss")])
@pytest.mark.parametrize("level", range(1, 8))
def test_values_stand_out_on_every_tint_of_a_map(
    palette: dict[str, str], side: str, tone: str, level: int
) -> None:
    found = re.search(
        rf"(?<!strong )\.{side}-{level} {{ background: rgb\(var\(--{tone}-rgb\) / ([.\d]+)\)", STYLE
    )
    assert found is not None
    strength, page = float(found[1]), colour(palette["page"])
    ground = tuple(
        strength * a + (1 - strength) * b for a, b in zip(colour(palette[f"{tone}-rgb"]), page, strict=True)
    )
    assert contrast(colour(palette["ink"]), ground) >= 4.5


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize("line", ["strategy", "loss", "series-3", "series-4"])
def test_curves_stand_out(palette: dict[str, str], line: str) -> None:
    assert contrast(colour(palette[line]), colour(palette["page"])) >= 3.0


def test_dark_is_the_same_whoever_asks_for_it() -> None:
    assert OWN_DARK == OWN_BUTTON
