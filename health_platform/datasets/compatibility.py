"""What may change in a dataset definition without losing data or breaking senders.

Allowed: a new field that is not required, a longer text, a wider range, a field that becomes optional, new labels and
deadlines, an ``expected`` mark. Everything else needs a new dataset or a reviewed migration of the stored rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from health_platform.datasets.fields import Code, Decimal, Field, Integer, Text
from health_platform.datasets.model import Dataset


@dataclass(frozen=True)
class Change:
    """One difference between two editions of a dataset. ``allowed`` says whether it is safe."""

    field: str
    what: str
    allowed: bool


def changes(old: Dataset, new: Dataset) -> tuple[Change, ...]:
    """All differences that matter to stored rows or to senders."""
    return (*_dataset_changes(old, new), *_field_changes(old, new))


def breaking(old: Dataset, new: Dataset) -> tuple[Change, ...]:
    """The differences that must not be released."""
    return tuple(change for change in changes(old, new) if not change.allowed)


def _dataset_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    for aspect in ("name", "key", "time", "parent"):
        if getattr(old, aspect) != getattr(new, aspect):
            yield Change("", f"{aspect} changed", allowed=False)
    if old.personal != new.personal:
        yield Change("", "patient reference changed", allowed=False)
    if old.due != new.due:
        yield Change("", f"deadline changed from {old.due.label} to {new.due.label}", allowed=True)


def _field_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    for name, field in old.by_name.items():
        if name not in new.by_name:
            yield Change(name, "removed", allowed=False)
        else:
            yield from _compare(field, new.by_name[name])
    for name in new.by_name.keys() - old.by_name.keys():
        required = new.by_name[name].required
        yield Change(name, "added as required" if required else "added", allowed=not required)


def _compare(old: Field, new: Field) -> Iterator[Change]:
    if old.column_type() != new.column_type():
        yield Change(old.name, f"type changed from {old.column_type()} to {new.column_type()}", allowed=False)
        return
    if old.required != new.required:
        yield Change(old.name, f"required changed to {new.required}", allowed=not new.required)
    if isinstance(old, Text | Code) and isinstance(new, Text | Code) and old.limit != new.limit:
        yield Change(old.name, f"length changed from {old.limit} to {new.limit}", allowed=new.limit > old.limit)
    if isinstance(old, Integer | Decimal) and isinstance(new, Integer | Decimal):
        yield from _compare_range(old, new)
    if isinstance(old, Code) and isinstance(new, Code) and old.value_set != new.value_set:
        yield Change(old.name, f"value set changed from {old.value_set} to {new.value_set}", allowed=False)
    if isinstance(old, Text) and isinstance(new, Text) and old.pattern != new.pattern:
        yield Change(old.name, "pattern changed", allowed=not new.pattern)


def _compare_range(old: Integer | Decimal, new: Integer | Decimal) -> Iterator[Change]:
    if (old.minimum, old.maximum) == (new.minimum, new.maximum):
        return
    wider = new.minimum <= old.minimum and new.maximum >= old.maximum
    yield Change(old.name, "range widened" if wider else "range narrowed", allowed=wider)
