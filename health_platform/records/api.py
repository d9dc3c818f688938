"""Public door of the record service. Start here.

::

    record = open_record(platform, session, principal, person_id)   # NotFound when the person is out of scope
    record.overview()                                   # one relational row: problems, allergies, critical values, …
    record.section(Section.VISIT, page_size=30)         # a page of merged events; pass page.cursor for the next
    record.timeline(sections=(...), window=Window(...)) # events of several sections together
    record.problems(); record.medications(); record.lab_grid(days=12); record.lab_series(code)
    record.life()                                       # counts by month and section, for the life-course strip
    record.detail(ref)                                  # every field, detail rows, merged sources
    record.search("胸痛")                               # events whose title, code or note contains the words
    record.rows_of(("visit", "diagnosis"))              # dataset rows in full, for readers that hand them on
    record.withheld(); record.freshness()

What the caller may not see is removed here, on the server, and only counted: jurisdiction (division × line) unless a
relationship covers the person, sensitive classes (``SENSITIVE_CLASSES``) unless cleared, and what the resident hides.

``ensure_tables(warehouse)`` creates the dataset tables, the event index and the views that fill it; ``refresh(platform,
persons)`` renews summary rows. Components above bind the Protocols of ``ports``.
"""

from health_platform.records.definitions.sensitive import SENSITIVE_CLASSES, SensitiveClass, class_of_diagnosis, class_of_place
from health_platform.records.ports import InstitutionDirectory, Located, PersonIndex, UploadClock
from health_platform.records.reader import Record, open_record
from health_platform.records.refreshing import refresh
from health_platform.records.tables import RECORD_EVENT, ensure_tables, view_statements
from health_platform.records.values import (
    SECTION_LABELS,
    Allergies,
    Detail,
    DetailField,
    Event,
    Excerpt,
    Flag,
    Freshness,
    Gauge,
    LabGrid,
    LabPoint,
    LabSeries,
    LifeMark,
    Medication,
    Origin,
    Overview,
    Page,
    Problem,
    Section,
    Standing,
    Window,
    Withheld,
)
from health_platform.records.whole_rows import WholeRow

__all__ = [
    "RECORD_EVENT",
    "SECTION_LABELS",
    "SENSITIVE_CLASSES",
    "Allergies",
    "Detail",
    "DetailField",
    "Event",
    "Excerpt",
    "Flag",
    "Freshness",
    "Gauge",
    "InstitutionDirectory",
    "LabGrid",
    "LabPoint",
    "LabSeries",
    "LifeMark",
    "Located",
    "Medication",
    "Origin",
    "Overview",
    "Page",
    "PersonIndex",
    "Problem",
    "Record",
    "Section",
    "SensitiveClass",
    "Standing",
    "UploadClock",
    "WholeRow",
    "Window",
    "Withheld",
    "class_of_diagnosis",
    "class_of_place",
    "ensure_tables",
    "open_record",
    "refresh",
    "view_statements",
]
