"""The palette is readable: WCAG 2.2 AA, 4.5 to 1 for text and 3 to 1 for lines."""

import re
from importlib.resources import files

import pytest

STYLE = (files("domain.performance.adapters") / "page.css").read_text("utf-8")
LIGHT, DARK_BY_SYSTEM, DARK_BY_BUTTON = (
    dict(re.findall(r"--([\w-]+): ([^;]+);", block))
    for block in re.findall(r":root[^{]*\{([^}]*--page[^}]*)\}", STYLE)
)
Colour = tuple[float, float, float]


def colour(text: str) -> Colour:
    if text.startswith("#"):
        return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))
    red, green, blue = (float(part) for part in text.split()[:3])
    return (red, green, blue)


def over(top: Colour, strength: float, below: Colour) -> Colour:
    red, green, blue = (strength * a + (1 - strength) * b for a, b in zip(top, below, strict=True))
    return (red, green, blue)


def luminance(value: Colour) -> float:
    parts = [part / 255 for part in value]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK_BY_SYSTEM], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "raised", "notice"])
@pytest.mark.parametrize("text", ["ink", "muted", "gain", "loss"])
def test_text_stands_out(palette: dict[str, str], ground: str, text: str) -> None:
    assert contrast(colour(palette[text]), colour(palette[ground])) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK_BY_SYSTEM], ids=["light", "dark"])
@pytest.mark.parametrize("line", ["strategy", "benchmark", "loss", "notice-rule"])
def test_lines_stand_out(palette: dict[str, str], line: str) -> None:
    assert contrast(colour(palette[line]), colour(palette["page"])) >= 3.0


@pytest.mark.parametrize("palette", [LIGHT, DARK_BY_SYSTEM], ids=["light", "dark"])
@pytest.mark.parametrize("tone", ["gain", "loss"])
def test_figures_stand_out_on_the_strongest_tint_of_the_calendar(palette: dict[str, str], tone: str) -> None:
    strength = re.search(rf"\.{tone}-6 {{ background: rgb\(var\(--{tone}-rgb\) / ([.\d]+)\)", STYLE)

    assert strength is not None
    ground = over(colour(palette[f"{tone}-rgb"]), float(strength[1]), colour(palette["page"]))
    assert contrast(colour(palette["ink"]), ground) >= 4.5


def test_dark_is_the_same_whoever_asks_for_it() -> None:
    assert DARK_BY_SYSTEM == DARK_BY_BUTTON
