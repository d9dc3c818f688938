"""One event in full: every field of its dataset row, labelled in Chinese from the definition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from health_platform.datasets import api as datasets
from health_platform.kernel.clock import local
from health_platform.kernel.warehouse.api import Place, Query, Warehouse, quote
from health_platform.records.definitions.sources import SOURCES
from health_platform.records.references import Reference
from health_platform.records.tables import key_expression
from health_platform.records.values import DetailField

_BOOKKEEPING = frozenset(("patient_id", "operator_id", "data_status", "invalid_flag", "void", "qzrj_data_type"))


def read_fields(warehouse: Warehouse, shelf: int, reference: Reference) -> tuple[DetailField, ...]:
    """The filled fields of the row a reference names; empty when the row is gone."""
    definition = datasets.dataset(reference.dataset)
    where = {"shelf": shelf, "patient_key": reference.patient_key, "at": reference.at, "row_key": reference.row_key}
    rows = warehouse.query(_row_query(reference.dataset, warehouse.place), where)
    return fields_of(definition, rows[0]) if rows else ()


def fields_of(definition: datasets.Dataset, values: Sequence[Any]) -> tuple[DetailField, ...]:
    """Labelled texts of a row's fields. A code is shown by the text the source sent with it."""
    row = dict(zip(definition.by_name, values, strict=True))
    shown = []
    displays = {field.display for field in definition.coded if field.display}
    for name, field in definition.by_name.items():
        if name in _BOOKKEEPING or (name in displays and row[name]):
            continue
        code = _flag_word(row[name]) if isinstance(field, datasets.Flag) else _text(row[name])
        text = _text(row[field.display]) if isinstance(field, datasets.Code) and field.display else ""
        if code or text:
            named = text or code
            label = field.label.removesuffix("代码")
            shown.append(DetailField(name, label, named, field.sensitivity.value, code if text else ""))
    return tuple(shown)


def children_of(dataset: str) -> tuple[str, ...]:
    """Datasets whose rows are details of this one and appear in the record."""
    named = {source.dataset for source in SOURCES if source.parent}
    details = [one for one in datasets.catalogue().values() if one.parent and one.parent.dataset == dataset]
    return tuple(one.name for one in details if one.name in named)


@cache
def _row_query(dataset: str, place: Place) -> Query:
    """Written from the definition: no text of a caller goes into it."""
    definition = datasets.dataset(dataset)
    columns = ", ".join(quote(name) for name in definition.by_name)
    sql = (
        f"SELECT {columns} FROM {place.table(dataset)} FINAL WHERE shelf = %(shelf)s AND patient_key = %(patient_key)s"  # noqa: S608
        f" AND event_time = fromUnixTimestamp64Milli(%(at)s, 'UTC') AND {key_expression(definition)} = %(row_key)s"
    )
    return Query(f"records.row_of.{dataset}", "one row in full", "one row", ("shelf", "patient_key", "at", "row_key"), (), sql)


def _flag_word(value: Any) -> str:
    return "" if value is None else "是" if value else "否"


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "、".join(str(one) for one in value)
    return str(value)
