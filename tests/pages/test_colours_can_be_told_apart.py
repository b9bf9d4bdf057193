"""WCAG 2.2, 1.4.3 and 1.4.11 (AA): text 4.5 to 1, lamps and borders of controls 3 to 1."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "static" / "src" / "app.css"
_TOKEN = re.compile(r"--([\w-]+):\s*(?:light-dark\((#\w+), (#\w+)\)|(#\w+));")
TOKENS = {
    name: (light or both, dark or both)
    for name, light, dark, both in _TOKEN.findall(SOURCE.read_text(encoding="utf-8"))
}
TEXT = [
    *(("foreground", surface) for surface in ("background", "card", "faint", "muted")),
    *(("muted-foreground", surface) for surface in ("background", "card", "faint")),
    *((name, "card") for name in ("primary", "danger", "success", "warning")),
    ("primary", "background"),
    *((f"{name}-foreground", name) for name in ("primary", "danger", "success", "warning")),
    *((name, "faint") for name in ("primary", "success", "warning")),
    ("foreground", "accent"),
    ("rail-foreground", "rail"),
    ("rail-muted", "rail"),
]
SHAPES = [
    *((f"lamp-{style}", surface)
      for style in ("clear", "caution", "stop", "busy", "odd", "off")
      for surface in ("card", "background")),
    ("ring", "card"),
    ("ring", "background"),
    ("input", "card"),
    ("input", "background"),
    *((name, "rail") for name in ("rail-lamp", "rail-clear", "rail-caution")),
]  # fmt: skip


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("colour", "surface"), TEXT)
def test_text_can_be_read(colour: str, surface: str, theme: int) -> None:
    assert contrast(TOKENS[colour][theme], TOKENS[surface][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("colour", "surface"), SHAPES)
def test_lamps_can_be_seen(colour: str, surface: str, theme: int) -> None:
    assert contrast(TOKENS[colour][theme], TOKENS[surface][theme]) >= 3


def test_black_on_white_is_21_to_1() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
