"""Health resources in XLSX: what is exported can be imported again, one resource a row, the facts of every kind as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid, NotFound, PlatformError
from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading, read_table
from registry.institutions.api import ImportResult, Institution
from registry.institutions.service import resolve
from registry.resources.definitions import KINDS
from registry.resources.models import Resource
from registry.resources.schemas import LABELS, ResourceFields
from registry.resources.service import ResourceDraft, add, change, current

_FACTS = {detail.name: detail.label for kind in KINDS.values() for detail in kind.details}
_NUMBERS = {detail.name for kind in KINDS.values() for detail in kind.details if detail.kind == "number"}
_KINDS = {label: code for code, label in LABELS.items()}
_CODE = "institution_code"
_DETAIL = "detail_"

SHEET: Sequence[Heading] = (
    Heading(_CODE, "机构代码", True),
    Heading("institution_name", "机构名称"),
    *(
        Heading(name, field.metadata["label"], field.required)
        for name, field in ResourceFields().fields.items()
        if name != "details"
    ),
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


def import_file(session: Session, principal: Principal, content: bytes) -> ImportResult:
    """Enter or change one resource per row; a wrong row is reported and leaves no trace, the others count.

    A resource of the same institution, kind, name and department is changed from the day of the row on; an equal one stays.
    """
    result = ImportResult()
    for number, row in enumerate(read_table(content, SHEET), 2):
        try:
            with session.begin_nested():
                _import_row(session, principal, row, result)
        except PlatformError as error:
            result.findings.append({"row": number, "code": error.code, "message": error.message, **error.facts})
    return result


def _import_row(session: Session, principal: Principal, row: dict[str, str], result: ImportResult) -> None:
    institution_id = _institution(session, row[_CODE])
    draft = _draft(row)
    known = current(session, institution_id, draft)
    if known is None:
        add(session, principal, institution_id, draft)
        result.added += 1
    elif (known.quantity, known.details, known.category) != (draft.quantity, draft.details, draft.category):
        fields = {"quantity": draft.quantity, "details": draft.details, "category": draft.category}
        change(session, principal, known.id, draft.valid_from, **fields)
        result.changed += 1


def _institution(session: Session, code: str) -> int:
    found = resolve(session, code) or (session.get(Institution, int(code)) if code.isdigit() and len(code) < 20 else None)
    if found is None:
        raise NotFound("institution.unknown", value=code)
    return int(found.id)


def _fact(key: str, value: str) -> str | int:
    """A fact as the form stores it: whole numbers as numbers."""
    return int(value) if key.removeprefix(_DETAIL) in _NUMBERS and value.isdigit() else value


def _draft(row: dict[str, str]) -> ResourceDraft:
    given = {key: value for key, value in row.items() if value and key in ResourceFields().fields}
    values = load(ResourceFields(), {**given, "kind": _KINDS.get(row["kind"], row["kind"])}, "row")
    details = {key.removeprefix(_DETAIL): _fact(key, value) for key, value in row.items() if value and key.startswith(_DETAIL)}
    foreign = set(details) - {detail.name for detail in KINDS[values["kind"]].details}
    if foreign:
        raise Invalid(
            "resource.invalid", findings=[{"field": _FACTS[name], "problem": "不是该类资源的项目"} for name in sorted(foreign)]
        )
    return ResourceDraft(**{**values, "details": details})
