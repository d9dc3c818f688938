"""One event of a record in full."""

from __future__ import annotations

from health_platform.datasets import api as datasets
from health_platform.kernel.errors import NotFound
from health_platform.records.details import children_of, read_fields
from health_platform.records.filters import EVERY_SECTION, NO_FILTER, filters_of
from health_platform.records.merging import merged
from health_platform.records.paging import END_OF_TIME
from health_platform.records.reading import Reading
from health_platform.records.references import Reference, decode
from health_platform.records.rows import EventRow
from health_platform.records.shaping import event_of
from health_platform.records.values import Detail, Event, Section

_CLUSTER_ROWS = 3_000
_FILES_SHOWN = 20


class SingleEvents(Reading):
    """What stands behind one line of a list."""

    def detail(self, ref: str) -> Detail:
        """One event in full.

        Raises:
            NotFound: there is no such event, it is another person's, or the caller may not see it.
        """
        reference = decode(ref)
        shelf = next((shelf for shelf, key in self._pairs if key == reference.patient_key), None)
        cluster = self._cluster(reference) if shelf is not None else None
        if shelf is None or cluster is None or not self._wished(reference.section, ref):
            raise NotFound("record.event_unknown")
        event = event_of(cluster, self._names)
        fields = read_fields(self._warehouse, shelf, reference)
        content = {field.name: field.text for field in fields if field.name == "content"}
        return Detail(
            event=event,
            dataset_label=_label(reference.dataset),
            fields=tuple(field for field in fields if field.name != "content"),
            items=self._items(reference),
            others=event.origins[1:],
            content=content or None,
            division=cluster[0].division,
            files=self._files(reference, cluster[0].institution),
        )

    def _cluster(self, reference: Reference) -> list[EventRow] | None:
        """All visible reports of the event a reference names, the named one among them."""
        filters = {**filters_of((Section(reference.section),)), "since": reference.at - 86_400_000}
        rows = self._rows(filters, reference.at + 86_400_001, _CLUSTER_ROWS)
        wanted = (reference.dataset, reference.patient_key, reference.at, reference.row_key)
        for cluster in merged(rows):
            if any((row.dataset, row.patient_key, row.at, row.row_key) == wanted for row in cluster):
                return cluster
        return None

    def _items(self, reference: Reference) -> tuple[Event, ...]:
        children = children_of(reference.dataset)
        if not children:
            return ()
        filters = {**filters_of(EVERY_SECTION), **NO_FILTER, "parent": reference.row_key, "since": reference.at}
        rows = self._rows(filters, reference.at + 1, _CLUSTER_ROWS)
        mine = [row for row in rows if row.dataset in children and row.patient_key == reference.patient_key]
        return tuple(event_of([row], self._names) for row in sorted(mine, key=lambda row: row.row_key))

    def _files(self, reference: Reference, institution: int) -> tuple[Event, ...]:
        """Documents the same institution uploaded for this row."""
        if reference.section == Section.DOCUMENT:
            return ()
        filters = {**filters_of((Section.DOCUMENT,)), **NO_FILTER, "parent": reference.row_key}
        rows = self._rows(filters, END_OF_TIME, _FILES_SHOWN)
        return self._events([row for row in rows if row.institution == institution])


def _label(dataset: str) -> str:
    return datasets.dataset(dataset).label
