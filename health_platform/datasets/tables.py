"""ClickHouse tables generated from the dataset definitions.

Rows of patients are kept by (shelf, patient_key, event_time, key), so that one person's rows lie side by side; rows of
institutions (departments, staff) by (institution, key).
"""

from __future__ import annotations

from functools import cache

from health_platform.datasets.fields import Document, Field, Text
from health_platform.datasets.model import Dataset
from health_platform.kernel.warehouse.api import Column, TableSpec

_LEADING = (
    Column("shelf", "UInt64", comment="person id the identity had when first linked; never changes"),
    Column("patient_key", "UInt64", comment="stable key of (assigning institution, local patient id)"),
    Column(
        "event_time",
        "DateTime64(3, 'UTC')",
        comment="first filled time field; 1970 for registers",
        codec="Delta, ZSTD(1)",
    ),
    Column("institution", "UInt64", comment="institution that uploaded the row"),
)
_TRAILING = (
    Column("division_code", "LowCardinality(String)", comment="division of the institution when the row was loaded"),
    Column("line", "LowCardinality(String)", comment="professional line of the dataset"),
    Column("source", "LowCardinality(String)", comment="way in: data_api, batch, folder, hl7v2, fhir"),
    Column("batch", "UInt64", comment="upload the row came in"),
    Column("received_at", "DateTime64(3, 'UTC')", comment="when the upload was accepted", codec="Delta, ZSTD(1)"),
    Column(
        "first_received_at",
        "DateTime64(3, 'UTC')",
        default="received_at",
        comment="when the row was first accepted; a correction does not change it",
        codec="Delta, ZSTD(1)",
    ),
    Column("local_codes", "Map(LowCardinality(String), String)", comment="codes as sent, where mapping changed them"),
    Column("unmapped", "Array(LowCardinality(String))", comment="coded fields whose value no table or mapping knows"),
    Column("extra", "String", comment="JSON of content that has no field", codec="ZSTD(3)"),
    Column("version", "UInt64", codec="Delta, ZSTD(1)"),
    Column("is_deleted", "UInt8"),
)

COMMON_COLUMNS = tuple(column.name for column in (*_LEADING, *_TRAILING))
"""Names of the columns that every dataset table has besides its own fields."""


@cache
def table(dataset: Dataset) -> TableSpec:
    """The warehouse table of a dataset."""
    patient_order = ("shelf", "patient_key", "event_time", *dataset.key)
    return TableSpec(
        name=dataset.name,
        columns=(*_LEADING, *(_column(field) for field in dataset.fields), *_TRAILING),
        order_by=patient_order if dataset.personal else ("institution", *dataset.key),
        shard_by="cityHash64(shelf)" if dataset.personal else "cityHash64(institution)",
        granularity=1024,
        comment=dataset.label,
    )


def _column(field: Field) -> Column:
    narrative = isinstance(field, Text) and field.max_length is None
    codec = "ZSTD(3)" if narrative or isinstance(field, Document) else ""
    return Column(field.name, field.column_type(), codec=codec, comment=field.label)
