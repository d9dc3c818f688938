"""Health resources in XLSX: what is exported can be imported again, one resource a row, the facts of every kind as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid
from health_platform.kernel.parsing import load, whole
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of
from registry.definitions.problems import finding
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.institutions.api import Institution
from registry.institutions.service import by_code
from registry.resources.definitions import KINDS
from registry.resources.models import Resource
from registry.resources.schemas import LABELS, ResourceFields
from registry.resources.service import ResourceDraft, add, change, current, draft_of

_FACTS = {detail.name: detail.label for kind in KINDS.values() for detail in kind.details}
_NUMBERS = {detail.name for kind in KINDS.values() for detail in kind.details if detail.kind == "number"}
_KINDS = {label: code for code, label in LABELS.items()}
_CODE = "institution_code"
_DETAIL = "detail_"

SHEET: Sequence[Heading] = (
    Heading(_CODE, "机构代码", True),
    Heading("institution_name", "机构名称"),
    *headings_of(ResourceFields, "details"),
    *(Heading(f"{_DETAIL}{name}", label) for name, label in _FACTS.items()),
)


def rows_of(session: Session, resources: Iterable[Resource]) -> list[dict[str, Any]]:
    """Resources as rows of the sheet; kinds in words, institutions by their unified social credit code."""
    listed = list(resources)
    ids = sorted({resource.institution_id for resource in listed})
    units: dict[int, Institution] = {}
    for start in range(0, len(ids), 500):
        rows = session.scalars(select(Institution).where(Institution.id.in_(ids[start : start + 500])))
        units.update((row.id, row) for row in rows)
    return [_row(resource, units.get(resource.institution_id)) for resource in listed]


def _row(resource: Resource, unit: Institution | None) -> dict[str, Any]:
    plain = {name: getattr(resource, name) for name in ("name", "category", "department_code", "quantity", "valid_from")}
    facts = {f"{_DETAIL}{name}": value for name, value in resource.details.items()}
    code = (unit.code or unit.code22 or str(unit.id)) if unit else str(resource.institution_id)
    return {_CODE: code, "institution_name": unit.name if unit else "", "kind": LABELS[resource.kind], **plain, **facts}


def import_file(session: Session, principal: Principal, content: bytes, apply: bool = True) -> ImportResult:
    """Enter or change one resource per row; see ``import_rows``.

    A resource of the same institution, kind, name and department is changed from the day of the row on; an equal one stays.
    """
    return import_rows(session, Sheet(content, SHEET, apply), lambda row: _put(session, principal, row))


def _put(session: Session, principal: Principal, row: dict[str, str]) -> Effect:
    institution_id = by_code(session, row[_CODE]).id
    draft = _draft(row)
    name = f"{draft.name}（{LABELS[draft.kind]}）"
    known = current(session, institution_id, draft)
    if known is None:
        add(session, principal, institution_id, draft)
        return Effect(ADDED, name, f"数量 {draft.quantity}，自 {draft.valid_from} 起")
    before = draft_of(known)
    if replace(before, valid_from=draft.valid_from) == draft:
        return Effect(SAME, name)
    fields = {"quantity": draft.quantity, "details": draft.details, "category": draft.category}
    change(session, principal, known.id, draft.valid_from, **fields)
    return Effect(CHANGED, name, f"自 {draft.valid_from} 起，{_differences(before, draft)}")


def _differences(before: ResourceDraft, after: ResourceDraft) -> str:
    """What becomes otherwise, the facts of the kind included."""
    same = {"details": None, "valid_from": None}
    plain = differences(ResourceFields, {**asdict(before), **same}, {**asdict(after), **same})
    facts = sorted({*before.details, *after.details})
    changed = [name for name in facts if before.details.get(name) != after.details.get(name)]
    told = (f"{_FACTS[name]}：{before.details.get(name, '（空）')} → {after.details.get(name, '（空）')}" for name in changed)
    return "；".join((plain, *told) if plain else told)


def _fact(key: str, value: str) -> str | int:
    """A fact as the form stores it: whole numbers as numbers."""
    number = whole(value) if key.removeprefix(_DETAIL) in _NUMBERS else None
    return value if number is None else number


def _draft(row: dict[str, str]) -> ResourceDraft:
    given = {key: value for key, value in row.items() if value and key in ResourceFields().fields}
    values = load(ResourceFields(), {**given, "kind": _KINDS.get(row["kind"], row["kind"])}, "row")
    details = {key.removeprefix(_DETAIL): _fact(key, value) for key, value in row.items() if value and key.startswith(_DETAIL)}
    foreign = set(details) - {detail.name for detail in KINDS[values["kind"]].details}
    if foreign:
        wrong = [finding(f"{_DETAIL}{name}", "details_unknown") for name in sorted(foreign)]
        raise Invalid("resource.invalid", findings=wrong)
    return ResourceDraft(**{**values, "details": details})
