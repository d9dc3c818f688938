"""The dataset definitions as they were released, so that no later edition breaks senders or stored rows by accident.

``released.json`` is written at a release, ``python -m health_platform.datasets.released``, and kept with the code; a test
compares every edition with it by ``compatibility.breaking``. A change that must break (a field given up, a type changed) needs
a migration of the stored rows, and an entry in ``MIGRATED`` that names it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from health_platform.datasets.catalogue import catalogue
from health_platform.datasets.compatibility import Change, breaking
from health_platform.datasets.fields import Code, Day, Decimal, Document, Field, Flag, Instant, Integer, Sensitivity, Text
from health_platform.datasets.model import Confidentiality, Dataset, Deadline, Domain, Parent, PatientReference

FILE: Final = "released.json"
MIGRATED: Final[Mapping[str, str]] = {}
"""``dataset.field`` (or ``dataset.``) → the migration that brought its stored rows along, since the last release."""

_KINDS: Final[dict[str, type[Field]]] = {each.kind: each for each in (Text, Code, Instant, Day, Integer, Decimal, Flag, Document)}


def broken(old: Iterable[Dataset], new: Mapping[str, Dataset], migrated: Mapping[str, str] = MIGRATED) -> list[str]:
    """What must not be released, as "dataset.field: what changed"; empty when everything released before still holds."""
    found: list[str] = []
    for each in old:
        changes = breaking(each, new[each.name]) if each.name in new else (Change("", "removed", allowed=False),)
        named = ((f"{each.name}.{change.field}", change.what) for change in changes)
        found += [f"{name}: {what}" for name, what in named if name not in migrated]
    return found


def released() -> list[Dataset]:
    """The definitions of the last release."""
    text = files(__package__ or "").joinpath(FILE).read_text(encoding="utf-8")
    return [_dataset(facts) for facts in json.loads(text)]


def written(datasets: Iterable[Dataset]) -> str:
    """Definitions as JSON: one line per field, what stands at its default left out."""
    return json.dumps([_facts(each) for each in datasets], ensure_ascii=False, indent=1, default=_plain) + "\n"


def _facts(dataset: Dataset) -> dict[str, Any]:
    return _changed(dataset) | {"fields": [json.dumps(_field_facts(each), ensure_ascii=False) for each in dataset.fields]}


def _field_facts(field: Field) -> dict[str, Any]:
    return {"kind": field.kind, **_changed(field)}


def _changed(value: Any) -> dict[str, Any]:
    """The attributes of a definition that differ from their defaults."""
    attributes = ((each, getattr(value, each.name)) for each in dataclasses.fields(value))
    return {each.name: content for each, content in attributes if content != each.default}


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if dataclasses.is_dataclass(value):
        return _changed(value)
    raise TypeError(type(value).__name__)


def _dataset(facts: dict[str, Any]) -> Dataset:
    due = dict(facts["due"])
    if "delay" in due:
        due["delay"] = timedelta(seconds=due["delay"])
    read = {
        "domain": Domain(facts["domain"]),
        "key": tuple(facts["key"]),
        "time": tuple(facts["time"]),
        "due": Deadline(**due),
        "fields": tuple(_field(json.loads(line)) for line in facts["fields"]),
    }
    if "patient" in facts:
        read["patient"] = PatientReference(**facts["patient"])
    if "parent" in facts:
        read["parent"] = Parent(**facts["parent"])
    if "confidentiality" in facts:
        read["confidentiality"] = Confidentiality(facts["confidentiality"])
    return Dataset(**{**facts, **read})


def _field(facts: dict[str, Any]) -> Field:
    kind = _KINDS[facts.pop("kind")]
    if "sensitivity" in facts:
        facts["sensitivity"] = Sensitivity(facts["sensitivity"])
    return kind(**facts)


if __name__ == "__main__":
    Path(str(files(__package__ or "").joinpath(FILE))).write_text(written(catalogue().values()), encoding="utf-8")
