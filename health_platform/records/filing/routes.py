"""File management over HTTP: ``/api/v1/records/files`` and ``/api/v1/records/corrections``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from health_platform.access.api import document_access
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.records.filing import correcting, listing, numbers, service
from health_platform.records.filing.models import CorrectionRequest, FilePlace, HealthFile
from health_platform.records.filing.ports import HidingWishes
from health_platform.records.filing.schemas import (
    CorrectIn,
    CorrectionAnswerIn,
    CorrectionIn,
    CorrectionOut,
    FileIn,
    FileOut,
    FileQuery,
    FilesOut,
    FileTrailOut,
    MoveIn,
    ReasonIn,
    SealIn,
    VillageIn,
    VillageOut,
    WishIn,
)
from health_platform.records.filing.service import Act, NewFile
from health_platform.records.ports import PersonIndex
from health_platform.records.reader import open_record

READ, OPEN, CHANGE, SEAL = "records.file.read", "records.file.open", "records.file.change", "records.file.seal"
ASK, ANSWER = "records.correction.ask", "records.correction.answer"

blp = Blueprint("record_files", __name__, url_prefix="/api/v1/records", description="居民健康档案管理")


@endpoint(
    blp, "GET", "/files", permission=READ, label="健康档案列表", query=FileQuery, response=FilesOut, audit="records.file.list"
)
def files(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Files by number, state and division, 20 a page."""
    found = listing.find_files(call.session, listing.FileFilter(**query))
    return {"items": found.rows, "total": found.total}


@endpoint(blp, "POST", "/files", permission=OPEN, label="建立健康档案", body=FileIn, response=FileOut, status=201)
def opening(call: Call, body: dict[str, Any]) -> HealthFile:
    """Open the file of a person of the caller's scope; the number is given by the platform."""
    index: PersonIndex = call.platform.service(PersonIndex)
    if not index.pairs(call.session, body["person_id"]):
        raise NotFound("file.person")
    reason, opened_on = body.pop("reason"), body.pop("opened_on") or clock.today()
    file = service.open_file(call.session, NewFile(**body, opened_on=opened_on), Act(reason, call.principal))
    return _told(call, file)


@endpoint(blp, "GET", "/files/<int:file_id>", permission=READ, label="健康档案及变更轨迹", response=FileTrailOut,
          audit="records.file.view")  # fmt: skip
def one(call: Call, file_id: int) -> dict[str, Any]:
    """A file with everything that was done to it."""
    file = _told(call, service.find_file(call.session, file_id))
    return {"file": file, "trail": service.trail_of(call.session, file_id)}


@endpoint(blp, "POST", "/files/<int:file_id>/correct", permission=CHANGE, label="更正健康档案", body=CorrectIn, response=FileOut)
def correcting_file(call: Call, body: dict[str, Any], file_id: int) -> HealthFile:
    """Correct the file's own fields; the trail keeps what stood there."""
    act = Act(body.pop("reason"), call.principal)
    return _told(call, service.correct_file(call.session, service.find_file(call.session, file_id), body, act))


Verb = Callable[..., HealthFile]


def _act(path: str, label: str, permission: str, verb: Verb) -> None:
    """Declare the endpoint of a verb that needs nothing but a reason."""

    def view(call: Call, body: dict[str, Any], file_id: int) -> HealthFile:
        return _told(call, verb(call.session, service.find_file(call.session, file_id), Act(body["reason"], call.principal)))

    view.__name__ = f"{path}_file"
    view.__doc__ = verb.__doc__
    endpoint(blp, "POST", f"/files/<int:file_id>/{path}", permission=permission, label=label, body=ReasonIn, response=FileOut,
             audit=f"records.file.{path}")(view)  # fmt: skip


_act("archive", "归档健康档案", CHANGE, service.archive_file)
_act("reopen", "恢复健康档案", CHANGE, service.reopen_file)
_act("unseal", "撤销封档", SEAL, service.unseal_file)


@endpoint(blp, "POST", "/files/<int:file_id>/seal", permission=SEAL, label="封存死亡居民档案", body=SealIn, response=FileOut)
def sealing(call: Call, body: dict[str, Any], file_id: int) -> HealthFile:
    """Seal the file of a person who died."""
    file = service.find_file(call.session, file_id)
    return _told(call, service.seal_file(call.session, file, body["died_on"], Act(body["reason"], call.principal)))


@endpoint(blp, "POST", "/files/<int:file_id>/move", permission=CHANGE, label="迁移健康档案", body=MoveIn, response=FileOut,
          audit="records.file.move")  # fmt: skip
def moving(call: Call, body: dict[str, Any], file_id: int) -> HealthFile:
    """The person moved: the file goes to another village and gets a number there, also when that is another county's."""
    file = service.find_file(call.session, file_id)
    return _told(call, service.move_file(call.session, file, body["division_code"], Act(body["reason"], call.principal)))


@endpoint(blp, "POST", "/files/<int:file_id>/wishes", permission=CHANGE, label="登记居民隐藏意愿", body=WishIn, response=FileOut,
          audit="records.file.hide")  # fmt: skip
def wishing(call: Call, body: dict[str, Any], file_id: int) -> HealthFile:
    """Take down at the counter which classes the person wants hidden from others."""
    file = service.find_file(call.session, file_id)
    wishes: HidingWishes = call.platform.service(HidingWishes)
    before, after = wishes.change(call.session, file.person_id, frozenset(body["kinds"]), call.principal.id)
    service.note_wish(call.session, file, Act(body["reason"], call.principal), sorted(before), sorted(after))
    return _told(call, file)


@endpoint(blp, "POST", "/villages", permission=SEAL, label="设定村（居）档案序号", body=VillageIn, response=VillageOut,
          audit="records.file.village")  # fmt: skip
def village(call: Call, body: dict[str, Any]) -> FilePlace:
    """Say which three digits a village has in file numbers."""
    if not call.principal.scope.covers_division(body["division_code"]):
        raise NotFound("request.not_found")
    return numbers.set_village_number(call.session, body["division_code"], body["number"])


@endpoint(blp, "POST", "/corrections", permission=ASK, label="申请更正档案内容", body=CorrectionIn, response=CorrectionOut,
          status=201, scope="relationship")  # fmt: skip
def asking(call: Call, body: dict[str, Any]) -> CorrectionRequest:
    """Ask the institution that reported an event to correct it."""
    person_id = body["person_id"]
    wishes = document_access(call.session, call.principal, person_id)
    record = open_record(call.platform, call.session, call.principal, person_id, wishes)
    call.audit(person_id=person_id, object_kind="correction")
    return correcting.ask_correction(call.session, call.principal, record, body["ref"], body["problem"])


@endpoint(blp, "GET", "/corrections", permission=ANSWER, label="待处理的更正申请", response=CorrectionOut, many=True,
          audit="records.correction.list")  # fmt: skip
def waiting(call: Call) -> Sequence[CorrectionRequest]:
    return correcting.waiting_corrections(call.session)


@endpoint(blp, "POST", "/corrections/<int:request_id>/answer", permission=ANSWER, label="答复更正申请", body=CorrectionAnswerIn,
          response=CorrectionOut)  # fmt: skip
def answering(call: Call, body: dict[str, Any], request_id: int) -> CorrectionRequest:
    """Answer after correcting at the source, or say why not."""
    row = correcting.answer_correction(call.session, call.principal, request_id, body["state"], body["answer"])
    call.audit(person_id=row.person_id, object_kind="correction")
    return row


def _told(call: Call, file: HealthFile) -> HealthFile:
    call.audit(person_id=file.person_id, object_kind="health_file", object_id=file.id, number=file.number)
    return file
