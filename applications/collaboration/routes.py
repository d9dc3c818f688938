"""Shared facts over HTTP, for whoever may read the patient's record: by jurisdiction, treatment, referral or contract."""

from __future__ import annotations

from applications.collaboration import schemas as s
from applications.collaboration.doses import Dose, doses_of
from applications.collaboration.sharing import Basics, basics_of
from health_platform.access.api import document_access
from health_platform.engine.api import desk_of
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.records.api import Record, Section, open_record

blp = Blueprint("collaboration_shared", __name__, url_prefix="/api/v1/collaboration", description="业务协同共享")
READ = "records.view"


@endpoint(blp, "GET", "/persons/<int:person_id>/basics", permission=READ, label="血型、病史与过敏共享", scope="relationship",
          response=s.BasicsOut, audit="collaboration.basics")  # fmt: skip
def basics(call: Call, person_id: int) -> Basics:
    """Blood group, histories, allergies and operations as all institutions report them; differences are marked."""
    return basics_of(_record(call, person_id))


@endpoint(blp, "GET", "/persons/<int:person_id>/vaccinations", permission=READ, label="预防接种共享", scope="relationship",
          response=s.DoseOut, many=True, audit="collaboration.vaccinations")  # fmt: skip
def vaccinations(call: Call, person_id: int) -> list[Dose]:
    """Every dose given anywhere, in one list: newborns, children and adults, uploaded or registered here."""
    wishes = document_access(call.session, call.principal, person_id)
    return doses_of(desk_of(call), _record(call, person_id), not wishes.shows(str(Section.VACCINATION)))


def _record(call: Call, person_id: int) -> Record:
    call.audit(person_id=person_id, object_kind="record", object_id=person_id)
    wishes = document_access(call.session, call.principal, person_id)
    return open_record(call.platform, call.session, call.principal, person_id, wishes)
