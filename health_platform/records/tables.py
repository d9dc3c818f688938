"""The event index: one row per event and section, filled by materialised views from the dataset tables.

Every dataset keeps its own table with all fields. The index repeats of each row what a list needs, in one form for all
datasets, so that a section or a timeline of one person is one range of one table. Views fill it at every insert, in
the same exactly-once block; a corrected or withdrawn row arrives as a higher version under the same key. The key is
made of the dataset's own key columns only, because a withdrawal carries nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache

from health_platform.datasets import api as datasets
from health_platform.kernel.warehouse.api import Column, Place, TableSpec, Warehouse, load_query, quote, text
from health_platform.records.definitions.sensitive import SENSITIVE_CLASSES
from health_platform.records.definitions.sources import SOURCES, Names, Source
from health_platform.records.values import Section

KEY_SEPARATOR = "\x1f"
_CODED = (Section.PROBLEM, Section.VISIT)  # their codes are ICD-10
_VIEWS = load_query(__package__, "views.sql")

RECORD_EVENT = TableSpec(
    name="record_event",
    columns=(
        Column("shelf", "UInt64"),
        Column("patient_key", "UInt64"),
        Column("section", "LowCardinality(String)"),
        Column("event_time", "DateTime64(3, 'UTC')", codec="Delta, ZSTD(1)"),
        Column("dataset", "LowCardinality(String)"),
        Column("row_key", "String"),
        Column("institution", "UInt64"),
        Column("division_code", "LowCardinality(String)"),
        Column("line", "LowCardinality(String)"),
        Column("class", "LowCardinality(String)"),
        Column("kind", "LowCardinality(String)"),
        Column("title", "String"),
        Column("code", "String"),
        Column("value", "String"),
        Column("unit", "LowCardinality(String)"),
        Column("low", "LowCardinality(String)"),
        Column("high", "LowCardinality(String)"),
        Column("flag", "LowCardinality(String)"),
        Column("visit", "String"),
        Column("department", "LowCardinality(String)"),
        Column("doctor", "LowCardinality(String)"),
        Column("note", "String", codec="ZSTD(3)"),
        Column("parent", "String"),
        Column("ended", "Nullable(DateTime64(3, 'UTC'))"),
        Column("org_code", "LowCardinality(String)"),
        Column("org_name", "LowCardinality(String)"),
        Column("source", "LowCardinality(String)"),
        Column("received_at", "DateTime64(3, 'UTC')", codec="Delta, ZSTD(1)"),
        Column("version", "UInt64"),
        Column("is_deleted", "UInt8"),
        Column("certainty", "LowCardinality(String)"),
    ),
    order_by=("shelf", "patient_key", "section", "event_time", "dataset", "row_key"),
    shard_by="cityHash64(shelf)",
    granularity=1024,
    comment="健康档案事件索引",
)

_NOTE_LENGTH = 300
_ensured: set[tuple[str, str]] = set()


def ensure_tables(warehouse: Warehouse) -> None:
    """Create or extend the dataset tables, the event index and its views; fill the index from rows that came earlier.

    Done once per process and database; costs a few system queries when everything is in place.
    """
    place = (str(warehouse.settings.home), warehouse.settings.database)
    if place in _ensured:
        return
    warehouse.ensure_table(RECORD_EVENT)
    known: dict[str, str] = dict(warehouse.query(_VIEWS, {"database": warehouse.settings.database}))
    for source in SOURCES:
        _ensure_view(warehouse, source, known.get(view_name(source)))
    _ensured.add(place)


def view_name(source: Source) -> str:
    return f"to_record_{source.dataset}_{source.section}"


def selection(source: Source, origin: str) -> str:
    """The SELECT that turns rows of a dataset table into rows of the index. ``origin`` is the quoted table."""
    columns = ",\n    ".join(f"{expression} AS {quote(name)}" for name, expression in _expressions(source))
    return f"SELECT\n    {columns}\nFROM {origin}"


def view_statements(place: Place) -> tuple[str, ...]:
    """The CREATE statements of all views."""
    return tuple(view_statement(source, place) for source in SOURCES)


def view_statement(source: Source, place: Place) -> str:
    """The CREATE statement of the view that fills the index from one dataset. Its comment holds the definition's hash."""
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {place.table(view_name(source))}{place.on_cluster}"
        f" TO {place.storage(RECORD_EVENT.name)}\nAS {selection(source, place.storage(source.dataset))}"
        f"\nCOMMENT {text(fingerprint(source))}"
    )


@cache
def fingerprint(source: Source) -> str:
    """Changes when the view would be defined otherwise."""
    return hashlib.sha256(selection(source, "t").encode()).hexdigest()[:16]


def _ensure_view(warehouse: Warehouse, source: Source, existing: str | None) -> None:
    if existing == fingerprint(source):
        return
    place = warehouse.place
    warehouse.ensure_table(datasets.table(datasets.dataset(source.dataset)))
    if existing is not None:
        warehouse.command(f"DROP VIEW IF EXISTS {place.table(view_name(source))}{place.on_cluster} SYNC")
    warehouse.command(view_statement(source, place))
    # What is loaded from here on comes through the view; what came before is filled in, twice being no harm.
    names = ", ".join(quote(name) for name in RECORD_EVENT.column_names)
    rows = selection(source, place.table(source.dataset))
    warehouse.command(f"INSERT INTO {place.table(RECORD_EVENT.name)} ({names}) {rows}")


def key_expression(definition: datasets.Dataset) -> str:
    """The key of a dataset's row as one text."""
    key = ", ".join(quote(name) for name in definition.key)
    return f"concatWithSeparator({text(KEY_SEPARATOR)}, {key})" if len(definition.key) > 1 else key


def _expressions(source: Source) -> Iterator[tuple[str, str]]:
    """(column of the index, expression over the dataset table), in the order of the index."""
    definition = datasets.dataset(source.dataset)
    fields = definition.by_name
    filled = {
        "section": text(source.section),
        "dataset": text(source.dataset),
        "row_key": key_expression(definition),
        "class": _class_expression(source),
        "kind": _kind(source),
        "note": f"substringUTF8({_first(source.note)}, 1, {_NOTE_LENGTH})",
        "ended": _ended(source, fields),
        "department": _known(fields, "dept_name"),
        "doctor": _first(source.doctor),
        "org_code": _known(fields, "org_code"),
        "org_name": _known(fields, "org_name"),
        "is_deleted": _deletion(source),
    }
    for name in ("code", "low", "high", "flag", "visit", "parent", "certainty"):
        filled[name] = _first(getattr(source, name))
    filled["title"] = _first(source.title) if source.title else text(source.kind_label)
    filled["value"] = _value(source)
    filled["unit"] = _first(source.unit) if source.unit else text(source.unit_label)
    for column in RECORD_EVENT.column_names:
        yield column, filled.get(column, quote(column))


def _ended(source: Source, fields: Mapping[str, datasets.Field]) -> str:
    if not source.ended:
        return "CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))')"
    name = source.ended[0]
    return f"toDateTime64({quote(name)}, 3, 'UTC')" if fields[name].kind == "day" else quote(name)


def _kind(source: Source) -> str:
    if not source.kind:
        return text(source.kind_label)
    return f"if(empty({_first(source.kind)}), {text(source.kind_label)}, {_first(source.kind)})"


def _value(source: Source) -> str:
    """The value; of fields in pairs the first complete pair, never the halves of two."""
    if not source.under:
        return _first(source.value)
    pairs = [(_text(upper), _text(lower)) for upper, lower in zip(source.value, source.under, strict=True)]
    tests = ", ".join(f"notEmpty({one}) AND notEmpty({other}), concat({one}, '/', {other})" for one, other in pairs)
    return f"multiIf({tests}, '')"


def _deletion(source: Source) -> str:
    """A row that lost the field it counts by must leave the index, not stay in its older version."""
    counted = quote(source.requires) if source.requires else _value(source) if source.under else ""
    return f"if(empty({counted}), 1, is_deleted)" if counted else "is_deleted"


def _first(names: Names) -> str:
    """The first of the fields that is not empty, as text."""
    if not names:
        return "''"
    texts = [_text(name) for name in names]
    if len(texts) == 1:
        return texts[0]
    tests = ", ".join(f"notEmpty({one}), {one}" for one in texts[:-1])
    return f"multiIf({tests}, {texts[-1]})"


def _text(name: str) -> str:
    return f"ifNull(toString({quote(name)}), '')"


def _known(fields: Mapping[str, datasets.Field], name: str) -> str:
    return quote(name) if name in fields else "''"


def _class_expression(source: Source) -> str:
    """The sensitive class of a row, or ""."""
    words = f"concat({_first(source.title)}, ' ', {_first(source.note)}, ' ', {_first(source.value)})"
    department = _known(datasets.dataset(source.dataset).by_name, "dept_name")
    tests = []
    for one in SENSITIVE_CLASSES:
        found = f"multiSearchAnyCaseInsensitiveUTF8({words}, [{', '.join(text(word) for word in one.words)}])"
        if one.departments and department != "''":
            names = ", ".join(text(name) for name in one.departments)
            found = f"({found} OR multiSearchAny({department}, [{names}]))"
        if source.section in _CODED:
            prefixes = "|".join(prefix.replace(".", "\\.") for prefix in one.icd10)
            found = f"({found} OR match({_first(source.code)}, {text(f'(^|[^A-Z0-9.])({prefixes})')}))"
        tests.append(f"{found}, {text(one.name)}")
    return f"multiIf({', '.join(tests)}, '')"
