"""The kinds of entities a provider can submit: how a submission is read, and how an accepted one is applied."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import marshmallow
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict
from health_platform.kernel.http import IdField, Schema
from health_platform.kernel.scope import Principal
from registry.fields import label
from registry.institutions import service as institutions
from registry.institutions.departments import DepartmentDraft, put_department
from registry.institutions.drafts import InstitutionDraft
from registry.institutions.schemas import DepartmentIn, InstitutionIn
from registry.resources import service as resources
from registry.resources.schemas import ResourceIn
from registry.resources.service import ResourceDraft
from registry.staff import service as staff
from registry.staff.drafts import StaffDraft
from registry.staff.schemas import StaffIn
from registry.standards.systems import draft_terms, save_draft
from registry.standards.terms import Term

Apply = Callable[[Session, Principal, dict[str, Any], int | None], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its Chinese label, the schema of its payload, and what an accepted submission does.

    ``apply`` gets the entity the submission's external ids resolve to, or ``None``, and returns the entity's id. Fields
    named ``secret`` are kept encrypted and never shown whole.
    """

    label: str
    schema: type[marshmallow.Schema]
    apply: Apply
    secret: tuple[str, ...] = ()


class DepartmentSubmission(DepartmentIn):
    institution_id = IdField(required=True, metadata=label("所属机构编号"))


class TermSubmission(Schema):
    """A term asked for in a code system; an accepted one is added to the draft ``label``."""

    system = fields.String(required=True, metadata={"label": "代码表编号"})
    label = fields.String(required=True, metadata={"label": "草稿版本"})
    code = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "代码"})
    name = fields.String(required=True, validate=validate.Length(1, 255), metadata={"label": "名称"})
    parent = fields.String(load_default=None, metadata={"label": "上级代码"})
    note = fields.String(load_default=None, metadata={"label": "说明"})


def _institution(session: Session, principal: Principal, values: dict[str, Any], known: int | None) -> int:
    draft = InstitutionDraft(**values)
    if known is None:
        return institutions.register(session, principal, draft).id
    revision = institutions.institution(session, known).revision
    return institutions.change(session, principal, known, revision, **asdict(draft)).id


def _department(session: Session, principal: Principal, values: dict[str, Any], known: int | None) -> int:
    institution_id = values.pop("institution_id")
    row = put_department(session, institution_id, DepartmentDraft(**values))
    if known not in (None, row.id):
        raise Conflict("registry.identifier_taken", value=values["code"])
    return row.id


def _staff(session: Session, principal: Principal, values: dict[str, Any], known: int | None) -> int:
    institution_id = values.pop("institution_id")
    if known is None:
        return staff.register(session, principal, institution_id, StaffDraft(**values)).id
    del values["id_number"]
    revision = staff.staff(session, known).revision
    return staff.change(session, principal, known, revision, **values).id


def _resource(session: Session, principal: Principal, values: dict[str, Any], known: int | None) -> int:
    institution_id, day = values.pop("institution_id"), values["valid_from"]
    if known is None:
        return resources.add(session, principal, institution_id, ResourceDraft(**values)).id
    del values["valid_from"]
    return resources.change(session, principal, known, day, **values).id


def _term(session: Session, principal: Principal, values: dict[str, Any], known: int | None) -> int:
    system_code, draft = values.pop("system"), values.pop("label")
    term = Term(**values)
    others = [one for one in draft_terms(session, system_code, draft) if one.code != term.code]
    return save_draft(session, principal, system_code, draft, [*others, term]).id


KINDS: Mapping[str, Kind] = {
    "institution": Kind("机构", InstitutionIn, _institution),
    "department": Kind("科室", DepartmentSubmission, _department),
    "staff": Kind("职工", StaffIn, _staff, ("id_number", "phone")),
    "resource": Kind("资源", ResourceIn, _resource),
    "term": Kind("术语", TermSubmission, _term),
}
