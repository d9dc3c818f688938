"""Writing SVG: elements with escaped text and attributes, and linear scales.

No element carries a ``style`` attribute: the content policy refuses it. Colours are classes of the style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape

Number = int | float


# What XML 1.0 allows; source systems send stray control characters in names.
_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TROUBLE = re.compile(f"[&<>\"']|{_REFUSED.pattern}")


def clean(part: object) -> str:
    """Text as it may stand in an element or attribute; what is markup already stays."""
    if isinstance(part, Markup):
        return part  # a node of ours
    text = str(part)
    return _REFUSED.sub("", escape(text)) if _TROUBLE.search(text) else text  # hardly any text needs it, and it costs


def _attribute(name: str, value: object) -> str:
    if isinstance(value, float):
        return f' {_hyphened(name)}="{f"{value:.1f}".removesuffix(".0")}"'
    return f' {_hyphened(name)}="{value if isinstance(value, int) else clean(value)}"'


@cache
def _hyphened(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def node(tag: str, *content: object, **attributes: object) -> Markup:
    """One element. ``class_`` is ``class``, underscores are hyphens, ``None`` leaves an attribute out."""
    names = "".join([_attribute(name, value) for name, value in attributes.items() if value is not None])
    inner = "".join([clean(part) for part in content])
    text = f"<{tag}{names}>{inner}</{tag}>" if inner else f"<{tag}{names}/>"
    return Markup(text)  # noqa: S704 - every part was escaped above


def picture(width: Number, height: Number, parts: Iterable[Markup], *, title: str, class_: str) -> Markup:
    """A whole SVG with an accessible name."""
    return node(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_=class_,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=title,
    )


@dataclass(frozen=True)
class Scale:
    """A straight line from values to pixels; an empty span maps everything to the middle."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def inside(self, value: float) -> float:
        """The position, kept within the drawing."""
        low, high = sorted((self.start, self.end))
        return min(high, max(low, self(value)))


def round_step(span: float, wanted: int) -> float:
    """The step among 1, 2, 5 times a power of ten that divides ``span`` into at most ``wanted`` parts."""
    if span <= 0:
        return 1.0
    power = 10.0
    while power > span / wanted:
        power /= 10
    while True:
        for factor in (1, 2, 5):
            if span / (factor * power) <= wanted:
                return factor * power
        power *= 10
