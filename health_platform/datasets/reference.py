"""The Markdown reference of all datasets (``docs/reference/datasets.md``), generated from the definitions.

Written by ``health-platform docs``; a test keeps it current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from health_platform.datasets.catalogue import catalogue
from health_platform.datasets.fields import Code, Day, Decimal, Document, Field, Instant, Integer, Text
from health_platform.datasets.model import SUBDOMAINS, Dataset
from health_platform.datasets.value_sets import VALUE_SETS


def markdown() -> str:
    """The whole reference."""
    datasets = catalogue().values()
    return "\n".join((*_preface(datasets), *(line for each in datasets for line in _section(each)))) + "\n"


def _preface(datasets: Iterable[Dataset]) -> Iterator[str]:
    yield "# Datasets"
    yield ""
    yield "Generated from `health_platform/datasets/definitions/`; do not edit. ● = a row without it is refused,"
    yield "○ = expected by the standard (its absence costs completeness)."
    yield ""
    yield "| Dataset | Name | Domain | Due | Key | Time | Fields |"
    yield "|---|---|---|---|---|---|---|"
    for each in datasets:
        yield (
            f"| [`{each.name}`](#{each.name}) | {each.label} "
            f"| {each.domain.label} · {SUBDOMAINS[each.subdomain]} | {each.due.label} "
            f"| {_names(each.key)} | {_names(each.time) or _parent_time(each)} | {len(each.fields)} |"
        )


def _section(dataset: Dataset) -> Iterator[str]:
    yield f"\n## {dataset.name}"
    yield ""
    parent = f" Detail of `{dataset.parent.dataset}` by `{dataset.parent.field}`." if dataset.parent else ""
    level = dataset.confidentiality.value
    yield f"{dataset.label}. Data API entity `{dataset.entity}`. Confidentiality {level}.{parent}"
    if dataset.note:
        yield f"\n{dataset.note}"
    yield ""
    yield "| Field | Name | | Type | Sensitivity | Data element | Note |"
    yield "|---|---|---|---|---|---|---|"
    for field in dataset.fields:
        mark = "●" if field.required else "○" if field.expected else ""
        yield (
            f"| `{field.name}` | {field.label} | {mark} | {describe(field)} | {field.sensitivity.value} "
            f"| {field.element} | {field.note} |"
        )


def describe(field: Field) -> str:
    """Type, length, range, unit and value set of a field in a few words."""
    match field:
        case Code():
            known = VALUE_SETS[field.value_set]
            several = ", several" if field.many else ""
            return f"code ≤{field.max_length}{several}: {known.label} (`{known.table}`)"
        case Text():
            return f"text ≤{field.max_length}" if field.max_length else "free text"
        case Integer() | Decimal():
            unit = f" {field.unit}" if field.unit else ""
            places = f", {field.scale} places" if isinstance(field, Decimal) else ""
            return f"{field.kind} {field.minimum}…{field.maximum}{unit}{places}"
        case Instant() | Day():
            return f"{field.kind}, not before `{field.after}`" if field.after else field.kind
        case Document():
            return f"file, base64, ≤{field.max_bytes // 2**20} MB"
        case _:
            return field.kind


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _parent_time(dataset: Dataset) -> str:
    return "of its parent" if dataset.parent else "none (a register)"
