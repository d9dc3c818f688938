"""The fields of a form as inputs, with what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from health_platform.engine.api import Choice, Choices, Day, Desk, Field, Filled, Form, Number, Pick, Text, Unit, YesNo
from health_platform.kernel.parsing import whole

FEW = 7  # so many options are shown at once; more go into a list


@dataclass(frozen=True)
class Input:
    """One input. ``kind``: text, box, number, day, radio, checks, select, unit (searched by name) or computed.

    ``chosen`` are the codes that are set; ``shown`` is the name of an institution that is; ``proposed`` says that nobody typed
    what stands there: it changes with what it comes from.
    """

    field: Field
    kind: str
    options: Sequence[tuple[str, str]] = ()
    value: str = ""
    chosen: frozenset[str] = frozenset()
    hidden: bool = False
    shown: str = ""
    proposed: bool = False

    @property
    def label(self) -> str:
        """The question with its unit."""
        return f"{self.field.label}（{self.field.unit}）" if self.field.unit else self.field.label


@dataclass(frozen=True)
class Group:
    """A section of inputs; hidden while all of them are."""

    label: str
    inputs: tuple[Input, ...]

    @property
    def hidden(self) -> bool:
        return all(one.hidden for one in self.inputs)


def groups_of(desk: Desk, form: Form, answers: Mapping[str, Any], filled: Filled) -> list[Group]:
    """A form as sections of inputs; ``answers`` are those somebody gave, ``filled`` what came of them."""
    known = {**answers, **filled.computed}
    return [
        Group(section.label, tuple(_asked(desk, field, known.get(field.code), filled) for field in section.fields))
        for section in form.sections
    ]


def _asked(desk: Desk, field: Field, value: Any, filled: Filled) -> Input:
    proposed = bool(field.proposal) and value is not None and field.code in filled.computed
    return replace(_input(desk, field, value, field.code in filled.hidden), proposed=proposed)


def _input(desk: Desk, field: Field, value: Any, hidden: bool) -> Input:
    text = _text(value)
    if field.value:
        return Input(field, "computed", value=field.show(value) if value is not None else "", hidden=hidden)
    if isinstance(field, Choice):
        options = [(option.code, option.label) for option in field.options]
        chosen = frozenset(part for part in text.split(",") if part)
        kind = "checks" if isinstance(field, Choices) else "radio" if len(options) <= FEW else "select"
        return Input(field, kind, options, text, chosen, hidden)
    if isinstance(field, YesNo):
        return Input(field, "radio", [("true", "是"), ("false", "否")], text, frozenset({text}), hidden)
    if isinstance(field, Unit):
        unit = whole(text)
        shown = desk.institution_names([unit]).get(unit, "") if unit is not None else ""
        return Input(field, "unit", value=text, hidden=hidden, shown=shown)
    if isinstance(field, Pick):
        entries = [(str(key), name) for key, name in desk.choices(field.register)]
        return Input(field, "select", entries, text, frozenset({text}), hidden)
    return Input(field, _plain(field), value=text, hidden=hidden)


def _plain(field: Field) -> str:
    if isinstance(field, Number):
        return "number"
    if isinstance(field, Day):
        return "day"
    return "box" if isinstance(field, Text) and field.lines > 1 else "text"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
