"""Writing the rows of one dataset into the warehouse: whose they are, which of them count, and where they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etl.checking import Part, Rejected
from etl.documents.store import DocumentStore, digest_of
from etl.frames import (
    NO_PLACE,
    Frame,
    Insert,
    frame,
    insert,
    latest_only,
    not_superseded,
    place_deletions,
    visible,
)
from etl.identity import Identity, Place, identities
from etl.mapping import Mapped, Tables, map_codes
from etl.places import Places, RowPlace, row_keys
from etl.whole_lists import withdrawn
from health_platform.datasets.api import VALUE_SETS, Dataset, Document, Fault
from health_platform.kernel.warehouse.api import Warehouse

Resolve = Callable[[Sequence[Identity]], Mapping[str, Place]]
NoteFiles = Callable[[Sequence[str]], None]
"""Say, durably, which files are about to be stored."""


@dataclass(frozen=True)
class DocumentFact:
    """A stored file and the row it belongs to."""

    field: str
    row: int
    digest: str
    size: int


@dataclass(frozen=True)
class Gap:
    """Rows of a batch with a local code that neither the code table nor a mapping knows; ``name`` was sent beside it."""

    batch_id: int
    table: str
    code: str
    rows: int
    name: str


@dataclass
class Loaded:
    """What became of the rows of one dataset in a load.

    ``batches`` counts per batch id: loaded, deleted, superseded.
    """

    dataset: Dataset
    whole: Frame
    rejected: list[Rejected] = field(default_factory=list)
    documents: list[DocumentFact] = field(default_factory=list)
    superseded: Counter[int] = field(default_factory=Counter)
    unmapped_rows: Counter[int] = field(default_factory=Counter)
    gaps: dict[str, Counter[str]] = field(default_factory=dict)
    missing: list[Gap] = field(default_factory=list)
    insert: Insert | None = None

    @property
    def written(self) -> int:
        return self.insert.written if self.insert else 0

    @property
    def deleted(self) -> int:
        return self.insert.deleted if self.insert else 0


@dataclass(frozen=True)
class Loader:
    """What one institution's rows in a load become: its side of warehouse, person index and document store."""

    warehouse: Warehouse
    documents: DocumentStore
    note_files: NoteFiles
    resolve: Resolve
    tables: Tables
    places: Places
    parts: Mapping[str, Sequence[Part]]

    def asked_for(self) -> dict[str, list[str]]:
        """The keys that will be asked for, by dataset: those of the rows, and those of the parents they name."""
        wanted: dict[str, list[str]] = {}
        for part in (part for parts in self.parts.values() for part in parts):
            dataset = part.dataset
            wanted.setdefault(dataset.name, []).extend(row_keys([part.columns[name] for name in dataset.key]))
            if dataset.parent is not None:
                wanted.setdefault(dataset.parent.dataset, []).extend(filter(None, part.columns[dataset.parent.field]))
        return wanted

    def load(self, dataset: Dataset) -> Loaded:
        """The rows of one dataset, ready to be written. Doing it again after a crash comes to the same rows."""
        parts = self.parts[dataset.name]
        joined = frame(dataset, [*parts, *withdrawn(self.warehouse, self.places.institution, parts)])
        latest = latest_only(joined)
        known = self.places.find(dataset.name, latest.keys)
        current = not_superseded(latest, known)
        loaded = Loaded(dataset, current, superseded=_difference(joined, current))
        current.places = [NO_PLACE] * len(current)
        current = self._placed(current, known, loaded, parts)
        loaded.whole = current
        self._store_documents(current, loaded)
        self._choose(current, known, loaded)
        return loaded

    def _placed(self, whole: Frame, known: Mapping[str, RowPlace], loaded: Loaded, parts: Sequence[Part]) -> Frame:
        if whole.dataset.parent is not None:
            whole = self._place_by_parent(whole, loaded, parts)
        elif whole.dataset.patient is not None:
            self._place_by_patient(whole)
        else:
            whole.places = [Place(0, 0)] * len(whole)
        place_deletions(whole, known)
        return whole

    def _place_by_patient(self, whole: Frame) -> None:
        rows = whole if not any(whole.key_only) else whole.keep([r for r, only in enumerate(whole.key_only) if not only])
        stated = [batch.received_at for batch in rows.batches]
        found = self.resolve(list(identities(rows.dataset, rows.columns, stated).values())) if len(rows) else {}
        local_ids = whole.columns[whole.dataset.patient.local_id] if whole.dataset.patient else []
        whole.places = [found.get(local_id, NO_PLACE) for local_id in local_ids]

    def _place_by_parent(self, whole: Frame, loaded: Loaded, parts: Sequence[Part]) -> Frame:
        """Details take patient and time from their parent; those that come before it wait."""
        parent = whole.dataset.parent
        if parent is None:
            return whole
        wanted = whole.columns[parent.field]
        reached = self.places.find(parent.dataset, dict.fromkeys(filter(None, wanted)))
        found = {key: place for key, place in reached.items() if place.patient_key}  # else deleted before it ever came
        known = [row for row in range(len(whole)) if whole.key_only[row] or wanted[row] in found]
        for row in sorted(set(range(len(whole))) - set(known)):
            loaded.rejected.append(_waiting(whole, row, parts))
        kept = whole.keep(known)
        for row, key in enumerate(kept.columns[parent.field]):
            if not kept.key_only[row]:
                kept.places[row] = Place(found[key].shelf, found[key].patient_key)
                kept.times[row] = found[key].event_time
        return kept

    def _store_documents(self, whole: Frame, loaded: Loaded) -> None:
        for each in whole.dataset.fields:
            if isinstance(each, Document):
                values = whole.columns[each.name]
                if files := [digest_of(content) for content in values if content]:
                    self.note_files(files)
                for row, content in enumerate(values):
                    if content:
                        stored = self.documents.put(content)
                        loaded.documents.append(DocumentFact(each.name, row, stored.digest, stored.size))
                        values[row] = stored.digest

    def _choose(self, whole: Frame, known: Mapping[str, RowPlace], loaded: Loaded) -> None:
        if not len(whole):
            return
        shown = visible(whole, known)
        mapped = map_codes(shown.dataset, shown.columns, len(shown), self.tables)
        loaded.gaps = mapped.gaps
        loaded.missing = list(_missing(shown, mapped, self.tables))
        loaded.unmapped_rows = Counter(batch.id for batch, fields in zip(shown.batches, mapped.unmapped, strict=True) if fields)
        loaded.insert = insert(shown, known, _mapped_columns(mapped))


def _mapped_columns(mapped: Mapped) -> dict[str, list[Any]]:
    return {**mapped.columns, "local_codes": list(mapped.local), "unmapped": list(mapped.unmapped)}


def _missing(whole: Frame, mapped: Mapped, known: Tables) -> Iterator[Gap]:
    """Every code without a mapping by batch; equal values are counted first, so that the cost is that of the kinds."""
    fields = {each.name: each for each in whole.dataset.coded}
    names = {each.name: whole.columns.get(each.display, ()) for each in whole.dataset.coded}
    values = Counter(
        (whole.batches[row].id, coded, whole.columns[coded][row], names[coded][row] if names[coded] else "")
        for row, gaps in enumerate(mapped.unmapped)
        for coded in gaps
    )
    for (batch_id, coded, value, name), rows in values.items():
        parts, value_set = fields[coded].split(value), fields[coded].value_set
        for part in parts:
            if known.get(value_set, {}).get(part) is None:
                yield Gap(batch_id, VALUE_SETS[value_set].table, part, rows, str(name or "") if len(parts) == 1 else "")


def _difference(before: Frame, after: Frame) -> Counter[int]:
    counted = Counter(batch.id for batch in before.batches)
    counted.subtract(batch.id for batch in after.batches)
    return +counted


def _waiting(whole: Frame, row: int, parts: Sequence[Part]) -> Rejected:
    dataset, batch, position = whole.dataset, whole.batches[row], whole.positions[row]
    name = dataset.parent.field if dataset.parent else ""
    waits_for = dataset.parent.dataset if dataset.parent else ""
    key = str(whole.columns[name][row])
    fault = Fault(name, dataset.by_name[name].label, key, "parent", f"尚未收到所属记录 {waits_for}")
    text = next(part.raw(position) for part in parts if part.batch.id == batch.id and part.holds(position))
    operation = "delete" if whole.key_only[row] else "upsert"
    return Rejected(batch, dataset.name, position, operation, (fault,), text, whole.keys[row], waits_for, key)
