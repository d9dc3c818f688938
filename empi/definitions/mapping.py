"""Mapping files: how another registry's columns become compared fields.

Either the residents' rules with renamed columns::

    base = "residents"
    [columns]
    name = "patient_name"        # our column = theirs
    id_no = "sfzh"

or fields of their own::

    key = "unique_id"
    [fields.surname]
    kind = "words"               # words, birth, sex, identifier, category, phone, address, person_name, document, card ...
    columns = ["surname"]
    partner = "first_name"       # finds exchanged names (optional)
    [thresholds]                 # optional
    certain = 6.0
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from empi.definitions.general import general_field, general_rules
from empi.definitions.residents import RESIDENTS
from empi.definitions.schema import Rules, Thresholds


class InvalidMapping(ValueError):
    """The mapping file cannot be understood; the message names the entry."""


_KNOWN = frozenset({"base", "key", "columns", "fields", "thresholds", "name", "seen"})


def rules_of_mapping(path: Path) -> Rules:
    """The rules a mapping file describes.

    Raises:
        InvalidMapping: not TOML, an unknown entry, or neither ``columns`` nor ``fields``.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidMapping(f"{path.name}: {error}") from error
    if unknown := sorted(set(data) - _KNOWN):
        raise InvalidMapping(f"{path.name}: unknown entry {', '.join(unknown)}")
    if data.get("fields"):
        return _own_fields(path, data)
    if data.get("columns"):
        return _renamed(path, data)
    raise InvalidMapping(f"{path.name}: needs [columns] or [fields.*]")


def _renamed(path: Path, data: dict[str, Any]) -> Rules:
    theirs: dict[str, str] = data["columns"]
    ours = {c for rule in RESIDENTS.fields for c in rule.columns} | {RESIDENTS.key_column, RESIDENTS.seen_column}
    if unknown := sorted(set(theirs) - ours):
        raise InvalidMapping(f"{path.name}: unknown column {', '.join(unknown)}; known are {', '.join(sorted(ours))}")
    fields = tuple(replace(rule, columns=tuple(theirs.get(c, c) for c in rule.columns)) for rule in RESIDENTS.fields)
    key = str(data.get("key") or theirs.get(RESIDENTS.key_column, RESIDENTS.key_column))
    seen = str(data.get("seen") or theirs.get(RESIDENTS.seen_column, RESIDENTS.seen_column))
    return replace(
        RESIDENTS,
        name=str(data.get("name", path.stem)),
        fields=fields,
        key_column=key,
        seen_column=seen,
        thresholds=_thresholds(path, data, RESIDENTS.thresholds),
    )


def _own_fields(path: Path, data: dict[str, Any]) -> Rules:
    fields = []
    for name, entry in data["fields"].items():
        columns = entry.get("columns") or ([entry["column"]] if entry.get("column") else [name])
        if "kind" not in entry:
            raise InvalidMapping(f"{path.name}: field {name} has no kind")
        fields.append(general_field(name, str(entry["kind"]), tuple(map(str, columns)), str(entry.get("partner", ""))))
    return general_rules(
        str(data.get("name", path.stem)),
        tuple(fields),
        str(data.get("key", "rec_id")),
        _thresholds(path, data, GENERAL_THRESHOLDS),
    )


GENERAL_THRESHOLDS = Thresholds(certain=2.0, possible=-4.0, apart=-20.0, mean=-4.0)


def _thresholds(path: Path, data: dict[str, Any], start: Thresholds) -> Thresholds:
    wanted = data.get("thresholds", {})
    if unknown := sorted(set(wanted) - set(Thresholds.__slots__)):
        raise InvalidMapping(f"{path.name}: unknown threshold {', '.join(unknown)}")
    return replace(start, **{name: float(value) for name, value in wanted.items()})
