"""Public door of the dataset definitions. Start here.

``catalogue()`` gives every dataset by code name, ``dataset("emr_ex_lab")`` one of them, ``by_entity("emrExLab")`` one
by its name in the JSON data API. From a :class:`Dataset` come

* ``table(dataset)`` — the ClickHouse table (``COMMON_COLUMNS`` are in every one of them),
* ``check(dataset, columns, count)`` — parsed columns, and refusals with named faults; ``examine`` does one row,
* ``json_schema(dataset)`` and ``row_schema(dataset)`` — OpenAPI and marshmallow,
* ``dataset.coded`` and ``VALUE_SETS`` — what has to be mapped to standard codes,
* ``facts(dataset)`` — the dataset as plain data, for catalogues and pages,
* ``changes``/``breaking`` — whether a new edition of a definition may be released.
"""

from __future__ import annotations

from typing import Any

from health_platform.datasets.catalogue import assemble, catalogue, entities
from health_platform.datasets.checker import Checked, Fault, Refusal, check, examine
from health_platform.datasets.compatibility import Change, breaking, changes
from health_platform.datasets.errors import BadValue, DefinitionError
from health_platform.datasets.fields import (
    FORMATS,
    Code,
    Day,
    Decimal,
    Document,
    Field,
    Flag,
    Instant,
    Integer,
    Sensitivity,
    Text,
)
from health_platform.datasets.model import (
    DOMAIN_LABELS,
    REAL_TIME,
    SUBDOMAINS,
    Confidentiality,
    Dataset,
    Deadline,
    Domain,
    Parent,
    PatientReference,
    by_day,
    camel,
    within,
)
from health_platform.datasets.moments import parse_day, parse_instant
from health_platform.datasets.reference import describe
from health_platform.datasets.schemas import json_schema, row_schema
from health_platform.datasets.tables import COMMON_COLUMNS, table
from health_platform.datasets.value_sets import VALUE_SETS, ValueSet
from health_platform.kernel.errors import NotFound, register_messages

register_messages({"dataset.unknown": "没有数据集 {dataset}"})

__all__ = [
    "COMMON_COLUMNS",
    "DOMAIN_LABELS",
    "FORMATS",
    "REAL_TIME",
    "SUBDOMAINS",
    "VALUE_SETS",
    "BadValue",
    "Change",
    "Checked",
    "Code",
    "Confidentiality",
    "Dataset",
    "Day",
    "Deadline",
    "Decimal",
    "DefinitionError",
    "Document",
    "Domain",
    "Fault",
    "Field",
    "Flag",
    "Instant",
    "Integer",
    "Parent",
    "PatientReference",
    "Refusal",
    "Sensitivity",
    "Text",
    "ValueSet",
    "assemble",
    "breaking",
    "by_day",
    "by_entity",
    "camel",
    "catalogue",
    "changes",
    "check",
    "dataset",
    "describe",
    "domains",
    "examine",
    "facts",
    "json_schema",
    "parse_day",
    "parse_instant",
    "row_schema",
    "table",
    "within",
]


def dataset(name: str) -> Dataset:
    """A dataset by code name.

    Raises:
        NotFound: ``dataset.unknown``.
    """
    found = catalogue().get(name)
    if found is None:
        raise NotFound("dataset.unknown", dataset=name)
    return found


def by_entity(entity: str) -> Dataset:
    """A dataset by its name in the JSON data API, in any case.

    Raises:
        NotFound: ``dataset.unknown``.
    """
    found = entities().get(entity.lower())
    if found is None:
        raise NotFound("dataset.unknown", dataset=entity)
    return found


def domains() -> dict[Domain, tuple[Dataset, ...]]:
    """The datasets of each of the seven domains of the health record."""
    return {domain: tuple(each for each in catalogue().values() if each.domain is domain) for domain in Domain}


def facts(definition: Dataset) -> dict[str, Any]:
    """A dataset as plain data: what a catalogue lists and a page shows."""
    return {
        "name": definition.name,
        "label": definition.label,
        "entity": definition.entity,
        "domain": definition.domain.value,
        "domain_label": definition.domain.label,
        "subdomain": definition.subdomain,
        "subdomain_label": SUBDOMAINS[definition.subdomain],
        "key": list(definition.key),
        "time": list(definition.time),
        "due": definition.due.label,
        "line": definition.line,
        "confidentiality": definition.confidentiality.value,
        "note": definition.note,
        "fields": [_field_facts(field) for field in definition.fields],
    }


def _field_facts(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "description": describe(field),
        "required": field.required,
        "expected": field.expected,
        "sensitivity": field.sensitivity.value,
        "value_set": field.value_set if isinstance(field, Code) else "",
        "element": field.element,
        "note": field.note,
    }
