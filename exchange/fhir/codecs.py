"""How single values are written in rows and in resources."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Codec:
    """Both directions of one kind of value; ``to_fhir`` may answer None: not to be written."""

    to_row: Callable[[Any], str]
    to_fhir: Callable[[str], Any]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if isinstance(value, dict | list) else str(value)


TEXT: Final = Codec(_text, lambda text: text)
FLAG: Final = Codec(lambda value: "1" if value is True else "0", lambda text: text == "1")
NUMBER: Final = Codec(_text, lambda text: float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None)

INTEGER: Final = Codec(_text, lambda text: int(text) if re.fullmatch(r"\d{1,9}", text) else None)


def read_only(codec: Codec) -> Codec:
    """A value that says too little by itself to be written back."""
    return Codec(codec.to_row, lambda text: None)


def cut(length: int) -> Codec:
    """A display text that must fit a field; the resource keeps all of it."""
    return Codec(lambda value: _text(value)[:length], lambda text: text)


def when_fits(length: int) -> Codec:
    """A number or code that is left out of the row when it is longer than the field."""
    return Codec(lambda value: text if len(text := _text(value)) <= length else "", lambda text: text)


def _moment(value: Any) -> str:
    """A dateTime with a day; a month or a year alone dates no row."""
    text = str(value)
    return text if len(text) >= 10 else ""


def _fhir_moment(text: str) -> str:
    """Row instants are UTC texts or local ones without a zone; FHIR demands a zone with a time."""
    iso = text.replace(" ", "T")
    if "T" in iso and not re.search(r"(Z|[+-]\d\d:\d\d)$", iso):
        iso += "+08:00"
    return iso


MOMENT: Final = Codec(_moment, _fhir_moment)
DAY: Final = Codec(lambda value: _moment(value)[:10], lambda text: text[:10])
PARTIAL_DAY: Final = Codec(lambda value: str(value) if len(str(value)) < 10 else "", lambda text: None)


def table(codes: Mapping[str, str], other: str = "") -> Codec:
    """A FHIR code as the platform's code; ``other`` for unknown ones, "" = as sent."""
    back: dict[str, str] = {}
    for fhir, ours in codes.items():
        back.setdefault(ours, fhir)
    return Codec(lambda value: codes.get(_text(value), other or _text(value)), lambda text: back.get(text))


def _name(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if value.get("text"):
        return str(value["text"])
    given = value.get("given")
    parts = [str(value.get("family") or ""), *(str(one) for one in given or () if one)]
    return ("" if _CHINESE.search("".join(parts)) else " ").join(part for part in parts if part)


NAME: Final = Codec(_name, lambda text: {"use": "official", "text": text})


def _address(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if value.get("text"):
        return str(value["text"])[:250]
    lines = [str(line) for line in value.get("line") or () if line]
    parts = [str(value.get(name) or "") for name in ("state", "city", "district")] + lines
    return ("" if _CHINESE.search("".join(parts)) else " ").join(part for part in parts if part)[:250]


ADDRESS: Final = Codec(_address, lambda text: {"use": "home", "text": text})


def _concept(value: Any) -> str:
    """The words of a CodeableConcept."""
    if not isinstance(value, dict):
        return ""
    codings = value.get("coding") or ()
    display = next((str(one["display"]) for one in codings if isinstance(one, dict) and one.get("display")), "")
    return (str(value.get("text") or "") or display)[:200]


CONCEPT: Final = Codec(_concept, lambda text: {"text": text})


def _quantity_words(value: Any) -> str:
    """A value that is no plain number, in words: 5-10, 1/128, <5."""
    if not isinstance(value, dict):
        return _text(value)
    if "coding" in value or "text" in value:
        return _concept(value)
    if "numerator" in value:
        return "/".join(_text(value.get(part, {}).get("value", "")) for part in ("numerator", "denominator"))
    if "low" in value or "high" in value:
        return "-".join(_text(value.get(part, {}).get("value", "")) for part in ("low", "high"))
    return f"{value.get('comparator', '')}{_text(value.get('value', ''))}"


WORDS: Final = Codec(_quantity_words, lambda text: text)


def _notes(value: Any) -> str:
    return str(value.get("text") or "") if isinstance(value, dict) else _text(value)


NOTE: Final = Codec(_notes, lambda text: {"text": text})
