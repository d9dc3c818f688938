"""From the codes that institutions write to standard codes, by whole columns.

A code that neither the standard nor a confirmed mapping knows stays as it is and is marked, so that nothing is lost and no
gap is unseen; the sender's own code is kept beside every mapped one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from etl.uploads import Sender
from health_platform.datasets.api import VALUE_SETS, Code, Dataset

SEPARATOR: Final = "|"
"""Between the codes of one value, after mapping."""


Tables = Mapping[str, Mapping[str, str | None]]
"""Name → written code → standard code; the name is that of a code table or, while a load runs, of a value set."""


class CodeTranslator(Protocol):
    """The registry of standards as the pipeline needs it."""

    def translate(self, session: Session, sender: Sender, wanted: Mapping[str, Iterable[str]]) -> Tables:
        """By code table: the standard code of each written code; ``None`` where neither table nor mapping knows it."""


class CodesAsSent:
    """The translator without a registry of standards: every code counts as standard."""

    def translate(self, session: Session, sender: Sender, wanted: Mapping[str, Iterable[str]]) -> Tables:
        """See :class:`CodeTranslator`."""
        return {table: {code: code for code in codes} for table, codes in wanted.items()}


@dataclass(frozen=True)
class Mapped:
    """What mapping made of the coded columns.

    Attributes:
        columns: the coded columns, standard codes where known.
        local: per row, field → code as sent, where it was changed.
        unmapped: per row, fields whose code nobody knows.
        gaps: field → code → rows.
    """

    columns: dict[str, list[str]]
    local: list[Mapping[str, str]]
    unmapped: list[Sequence[str]]
    gaps: dict[str, Counter[str]]


def tables(
    session: Session, translator: CodeTranslator, sender: Sender, datasets: Iterable[tuple[Dataset, Mapping[str, Any]]]
) -> Tables:
    """Ask once for all codes that a load contains: value set → written code → standard code."""
    wanted: dict[str, set[str]] = {}
    for dataset, columns in datasets:
        for field in dataset.coded:
            codes = {part for value in set(columns[field.name]) for part in field.split(value)}
            wanted.setdefault(field.value_set, set()).update(codes)
    by_table: dict[str, set[str]] = {}
    for name, codes in wanted.items():
        by_table.setdefault(VALUE_SETS[name].table, set()).update(codes)
    found = translator.translate(session, sender, {table: codes for table, codes in by_table.items() if codes})
    return {name: found[VALUE_SETS[name].table] for name, codes in wanted.items() if codes}


def map_codes(dataset: Dataset, columns: Mapping[str, Sequence[Any]], count: int, known: Tables) -> Mapped:
    """Map the coded columns of ``count`` rows."""
    mapped = Mapped({}, [_NOTHING] * count, [()] * count, {})
    for field in dataset.coded:
        values = columns[field.name]
        changed, gaps = _changes(field, set(values), known.get(field.value_set, {}))
        if changed:
            mapped.columns[field.name] = [changed.get(value, value) for value in values]
            _note_local(mapped, field.name, values, changed)
        if gaps:
            _note_gaps(mapped, field.name, values, gaps)
    return mapped


_NOTHING: Final[Mapping[str, str]] = {}


def _changes(field: Code, values: set[Any], known: Mapping[str, str | None]) -> tuple[dict[str, str], set[str]]:
    """Values that mapping changes, and values with a part that nobody knows."""
    changed: dict[str, str] = {}
    gaps: set[str] = set()
    for value in values:
        parts = field.split(value)
        targets = [known.get(part) for part in parts]
        if None in targets:
            gaps.add(value)
        standard = SEPARATOR.join(target or part for part, target in zip(parts, targets, strict=True))
        if standard != value:
            changed[value] = standard
    return changed, gaps


def _note_local(mapped: Mapped, name: str, values: Sequence[str], changed: Mapping[str, str]) -> None:
    for row, value in enumerate(values):
        if value in changed:
            mapped.local[row] = {**mapped.local[row], name: value}


def _note_gaps(mapped: Mapped, name: str, values: Sequence[str], gaps: set[str]) -> None:
    mapped.gaps[name] = Counter(value for value in values if value in gaps)
    for row, value in enumerate(values):
        if value in gaps:
            mapped.unmapped[row] = (*mapped.unmapped[row], name)
