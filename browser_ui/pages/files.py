"""Health files: the list, opening one, one file with its trail, and requests to correct what was reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from browser_ui.forms import Choice, FormField, choices, form_of
from browser_ui.identity import person_card, person_names
from browser_ui.tables import Column, Page
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Button, MenuItem, Platform
from health_platform.records.filing.api import (
    ACTIONS,
    CORRECTABLE,
    SIZE,
    STATES,
    CorrectIn,
    CorrectionAnswerIn,
    FileEntry,
    FileFilter,
    FileIn,
    FileQuery,
    HealthFile,
    MoveIn,
    ReasonIn,
    SealIn,
    WishIn,
    file_of,
    find_file,
    find_files,
    trail_of,
    waiting_corrections,
)
from health_platform.residents.api import HIDEABLE, hidden_kinds
from registry.api import DivisionFilter, Level, division_names, full_name, list_divisions

blp = Blueprint("pages_files", __name__, url_prefix="/console/files", description="健康档案管理页面")
READ, OPEN, CHANGE, SEAL = "records.file.read", "records.file.open", "records.file.change", "records.file.seal"
ANSWER = "records.correction.answer"
LOOKS = {"open": "ok", "archived": "warn", "sealed": "bad", "merged": "info"}
MOST_VILLAGES = 1_000

COLUMNS = (
    Column("number", "档案编号", kind="mono", href="/console/files/{id}"),
    Column("name", "姓名"),
    Column("place", "所在村（居）"),
    Column("doctor_name", "责任医师"),
    Column("state", "状态", kind="badge", badges={key: (label, LOOKS[key]) for key, label in STATES.items()}),
    Column("opened_on", "建档日期", kind="day"),
    Column("changed_at", "最近变更", kind="moment"),
)
CORRECTION_COLUMNS = (
    Column("event_title", "内容"),
    Column("event_time", "发生时间", kind="day"),
    Column("institution_name", "上报机构"),
    Column("problem", "问题说明"),
    Column("asked_by", "申请人"),
    Column("asked_at", "申请时间", kind="moment"),
)
# What each state allows: label, path, permission, the form's schema.
VERBS = {
    "open": (
        ("更正", "correct", CHANGE, CorrectIn),
        ("迁移", "move", CHANGE, MoveIn),
        ("登记隐藏意愿", "wishes", CHANGE, WishIn),
        ("归档", "archive", CHANGE, ReasonIn),
        ("死亡封档", "seal", SEAL, SealIn),
    ),
    "archived": (
        ("恢复在用", "reopen", CHANGE, ReasonIn),
        ("迁移", "move", CHANGE, MoveIn),
        ("死亡封档", "seal", SEAL, SealIn),
    ),
    "sealed": (("撤销封档", "unseal", SEAL, ReasonIn),),
    "merged": (),
}


class PersonQuery(Schema):
    person_id = IdField(required=True)


@dataclass(frozen=True)
class Verb:
    """One thing that can be done to the file: a button and its form."""

    label: str
    path: str
    fields: tuple[FormField, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One line of the trail, in words."""

    entry: FileEntry
    label: str
    changes: tuple[str, ...]


@endpoint(blp, "GET", "", permission=READ, label="健康档案管理", template="files/files.html", query=FileQuery,
          audit="records.file.list")  # fmt: skip
def files(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Files of the caller's scope by number, state and division."""
    found = find_files(call.session, FileFilter(**query))
    names = person_names(call.session, [row.person_id for row in found.rows])
    places = division_names(call.session, [row.division_code or "" for row in found.rows])
    rows = [
        {
            **{name: getattr(row, name) for name in ("id", "number", "doctor_name", "state", "opened_on", "changed_at")},
            "name": names.get(row.person_id, ""),
            "place": full_name(row.division_code or "", places),
        }
        for row in found.rows
    ]
    searched = tuple(item for item in form_of(FileQuery) if item.kind != "hidden")
    return {"columns": COLUMNS, "page": Page(rows, found.total, query["page"], SIZE), "fields": searched, "query": query}


@endpoint(blp, "GET", "/new", permission=OPEN, label="建立健康档案页面", template="files/new.html", query=PersonQuery)
def new(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The form that opens a person's file, or the way to the file there is."""
    card = person_card(call.session, query["person_id"])
    described = form_of(FileIn, division_code=_village_choice(call))
    return {"card": card, "file": file_of(call.session, card.person_id), "fields": described,
            "values": {"person_id": str(card.person_id), "institution_name": call.principal.institution_name}}  # fmt: skip


@endpoint(blp, "GET", "/<int:file_id>", permission=READ, label="健康档案详情", template="files/file.html",
          audit="records.file.view")  # fmt: skip
def one(call: Call, file_id: int) -> dict[str, Any]:
    """One file: what it says of itself, what may be done now, and its trail."""
    file = find_file(call.session, file_id)
    call.audit(person_id=file.person_id, object_kind="health_file", object_id=file.id, number=file.number)
    places = division_names(call.session, [file.division_code or ""])
    return {
        "file": file, "states": STATES, "looks": LOOKS,
        "name": person_names(call.session, [file.person_id]).get(file.person_id, ""),
        "place": full_name(file.division_code or "", places), "verbs": _verbs(call, file),
        "trail": [_step(entry) for entry in trail_of(call.session, file_id)], "hidden": _hidden(call, file),
    }  # fmt: skip


@endpoint(blp, "GET", "/corrections", permission=ANSWER, label="更正申请", template="files/corrections.html",
          audit="records.correction.list")  # fmt: skip
def corrections(call: Call) -> dict[str, Any]:
    """Requests that wait for the reporting institution."""
    rows = waiting_corrections(call.session)
    asked = {row.id: _keyed(form_of(CorrectionAnswerIn), row.id) for row in rows}
    return {"columns": CORRECTION_COLUMNS, "page": Page(rows, len(rows), size=max(1, len(rows))), "fields": asked}


def _verbs(call: Call, file: HealthFile) -> list[Verb]:
    """What this caller may do to the file in its state."""
    given = {"kinds": hidden_kinds(call.session, file.person_id), **{name: getattr(file, name) for name in CORRECTABLE}}
    changes: dict[str, Mapping[str, Any]] = {"kinds": {"choices": choices(HIDEABLE), "kind": "checks"}}
    found = []
    for label, path, permission, schema in VERBS[file.state]:
        if call.principal.may(permission):
            more = {**changes, "division_code": _village_choice(call)} if schema is MoveIn else changes
            found.append(Verb(label, path, _keyed(form_of(schema, **more), path), given))
    return found


def _keyed(described: Iterable[FormField], key: object) -> tuple[FormField, ...]:
    return tuple(replace(item, key=f"{key}-{item.name}") for item in described)


def _village_choice(call: Call) -> dict[str, Any]:
    """The villages of the caller's jurisdiction to choose from; a code to type when there are too many or none."""
    options: list[Choice] = []
    for prefix in call.principal.scope.divisions:
        wanted = DivisionFilter(under=prefix or None, level=Level.VILLAGE, limit=MOST_VILLAGES + 1)
        villages = list_divisions(call.session, wanted)
        known = division_names(call.session, [one.code for one in villages])
        options += [Choice(one.code, f"{full_name(one.code, known)} {one.code}") for one in villages]
    if not options or len(options) > MOST_VILLAGES:
        return {"hint": "12 位村（居）委会区划代码"}
    return {"choices": tuple(options), "kind": "select"}


def _hidden(call: Call, file: HealthFile) -> list[str]:
    return [HIDEABLE[kind] for kind in sorted(hidden_kinds(call.session, file.person_id))]


def _step(entry: FileEntry) -> Step:
    labels = {**CORRECTABLE, "number": "档案编号", "division_code": "区划代码", "state": "状态", "died_on": "死亡日期",
              "person_id": "居民", "hidden": "隐藏的类别"}  # fmt: skip
    changes = tuple(
        f"{labels.get(name, name)}："
        + " → ".join(_told(name, side[name]) for side in (entry.before, entry.after) if name in side)
        for name in entry.after
    )
    return Step(entry, ACTIONS.get(entry.action, entry.action), changes)


def _told(name: str, value: Any) -> str:
    if name == "state":
        return STATES.get(str(value), "—")
    if name == "hidden":
        return "、".join(HIDEABLE.get(kind, kind) for kind in value or ()) or "无"
    return str(value or "—")


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    buttons = (Button("file.open", "建档", OPEN), Button("file.change", "变更档案", CHANGE), Button("file.seal", "封档", SEAL))
    platform.menu(MenuItem("files", "健康档案管理", "/console/files", READ, "健康档案", 10, buttons))
    platform.menu(MenuItem("corrections", "更正申请", "/console/files/corrections", ANSWER, "健康档案", 41))
