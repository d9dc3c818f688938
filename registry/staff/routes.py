"""The JSON API of staff."""

from typing import Any

from flask import Response

from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_xlsx
from registry.fields import DayIn, ImportOut, NoteIn, SheetIn
from registry.importing import ImportResult
from registry.paging import Paged
from registry.staff import schemas as s
from registry.staff import service, transfers
from registry.staff.drafts import StaffDraft
from registry.staff.models import Staff, StaffPost, StaffTransfer
from registry.staff.service import AccountWish, OpenedAccount, StaffFilter
from registry.staff.transfer_files import EXPORT, import_file, rows_of
from registry.staff.transfers import TransferWish

READ, EDIT = "registry.staff.read", "registry.staff.edit"
TRANSFER, ACCOUNT = "registry.staff.transfer", "registry.staff.account"

blp = Blueprint("staff", __name__, url_prefix="/api/v1/staff", description="职工")


@endpoint(blp, "GET", "", permission=READ, label="职工列表", query=s.StaffQuery, response=s.StaffPageOut)
def people(call: Call, query: dict[str, Any]) -> Paged[Staff]:
    return service.listed(call.session, StaffFilter(**query))


@endpoint(blp, "POST", "", permission=EDIT, label="登记职工", body=s.StaffIn, response=s.StaffOut, status=201)
def register(call: Call, body: dict[str, Any]) -> Staff:
    institution_id = body.pop("institution_id")
    draft = StaffDraft(**{**body, "id_number": body["id_number"].upper()})
    return service.register(call.session, call.principal, institution_id, draft)


@endpoint(blp, "GET", "/<int:staff_id>", permission=READ, label="职工", response=s.StaffDetailOut, audit="registry.staff.view")
def person(call: Call, staff_id: int) -> Staff:
    return service.staff(call.session, staff_id)


@endpoint(blp, "PUT", "/<int:staff_id>", permission=EDIT, label="变更职工", body=s.StaffChange, response=s.StaffOut)
def change(call: Call, body: dict[str, Any], staff_id: int) -> Staff:
    return service.change(call.session, call.principal, staff_id, body.pop("revision"), **body)


@endpoint(blp, "POST", "/<int:staff_id>/leave", permission=EDIT, label="职工离职", body=DayIn, response=s.StaffOut)
def leave(call: Call, body: dict[str, Any], staff_id: int) -> Staff:
    return service.leave(call.session, call.principal, staff_id, body["day"])


@endpoint(blp, "GET", "/<int:staff_id>/posts", permission=READ, label="任职经历", response=s.PostOut, many=True)
def posts(call: Call, staff_id: int) -> list[StaffPost]:
    return service.posts(call.session, staff_id)


@endpoint(
    blp,
    "POST",
    "/<int:staff_id>/account",
    permission=ACCOUNT,
    label="开通账号",
    body=s.AccountIn,
    response=s.AccountOut,
    status=201,
)
def account(call: Call, body: dict[str, Any], staff_id: int) -> OpenedAccount:
    return service.open_account(call.session, call.principal, staff_id, AccountWish(**body))


@endpoint(
    blp,
    "POST",
    "/<int:staff_id>/transfer",
    permission=TRANSFER,
    label="申请调动",
    body=s.TransferIn,
    response=s.RequestedOut,
    status=201,
)
def transfer(call: Call, body: dict[str, Any], staff_id: int) -> dict[str, int]:
    return {"id": transfers.request(call.session, call.principal, TransferWish(staff_id, **body))}


@endpoint(blp, "GET", "/transfers", permission=TRANSFER, label="待接收调动", response=s.TransferOut, many=True)
def incoming(call: Call) -> list[StaffTransfer]:
    return transfers.incoming(call.session)


@endpoint(blp, "GET", "/transfers/outgoing", permission=TRANSFER, label="发出的调动", response=s.TransferOut, many=True)
def outgoing(call: Call) -> list[StaffTransfer]:
    return transfers.outgoing(call.session)


@endpoint(blp, "POST", "/transfers/<int:transfer_id>/withdraw", permission=TRANSFER, label="撤回调动")
def withdraw(call: Call, transfer_id: int) -> None:
    transfers.withdraw(call.session, call.principal, transfer_id)


@endpoint(blp, "POST", "/transfers/<int:transfer_id>/accept", permission=TRANSFER, label="接收调动", response=s.StaffOut)
def accept(call: Call, transfer_id: int) -> Staff:
    return transfers.accept(call.session, call.principal, transfer_id)


@endpoint(
    blp, "POST", "/transfers/<int:transfer_id>/refuse", permission=TRANSFER, label="拒绝调动", body=NoteIn, response=s.TransferOut
)
def refuse(call: Call, body: dict[str, Any], transfer_id: int) -> StaffTransfer:
    return transfers.refuse(call.session, call.principal, transfer_id, body["note"])


@endpoint(blp, "GET", "/export", permission=READ, label="导出职工", query=s.StaffQuery, audit="registry.staff.export")
def export(call: Call, query: dict[str, Any]) -> Response:
    found = service.listed(call.session, StaffFilter(**{**query, "page": 1, "size": 100_000}))
    return download(write_xlsx("职工", EXPORT, rows_of(found.rows)), "职工.xlsx")


@endpoint(blp, "POST", "/import/<int:institution_id>", permission=EDIT, label="导入职工", body=SheetIn, response=ImportOut)
def load(call: Call, body: dict[str, Any], institution_id: int) -> ImportResult:
    return import_file(call.session, call.principal, institution_id, body["file"].read(), body["apply"])
