"""What a register gets by itself works for every one of them: files out and in, FHIR, print, history, buttons, parameters."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from health_platform.engine.api import Application, Form, Register
from tests.applications.every import APPLICATIONS
from tests.applications.peopled import clinic_of
from tests.support.clinic import Clinic, Region, id_number
from tests.support.principals import client_for

pytestmark = pytest.mark.system("A12", "A18", "A19")

WITH_REGISTERS = [one for one in APPLICATIONS if one.registers]
EVERY = pytest.mark.parametrize(
    ("application", "register"),
    [(one, register) for one in WITH_REGISTERS for register in one.registers],
    ids=lambda one: one.code,
)


def sheet(content: bytes) -> list[list[Any]]:
    """The rows of the first sheet, headings first."""
    return [[cell.value for cell in line] for line in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()]


def tried(clinic: Clinic, path: str, rows: list[list[Any]]) -> Any:
    """What an import of these rows would do."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = io.BytesIO()
    book.save(content)
    data = {"file": (io.BytesIO(content.getvalue()), "行.xlsx"), "apply": "false"}
    return clinic.call("POST", path, 200, data=data, content_type="multipart/form-data")


def members(clinic: Clinic, register: Register) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clinic.get(f"/{register.code}/members", state="active", size=200)["rows"]
    return found


@EVERY
def test_a_register_that_goes_out_as_a_file_can_come_in_again(
    peopled: Region, application: Application, register: Register
) -> None:
    """The same answers about other people are taken; about the same people every row is refused."""
    clinic = clinic_of(peopled, application)
    headings, *rows = sheet(clinic.get(f"/{register.code}/export", state="active"))
    assert rows and set(sheet(clinic.get(f"/{register.code}/import"))[0]) <= set(headings)
    if register.subject == "person":
        again = tried(clinic, f"/{register.code}/import", [headings, *rows])
        assert again["accepted"] == 0 and len(again["refused"]) == len(rows)
    others = [headings, *(of_somebody_else(headings, row) for row in rows)]
    told = tried(clinic, f"/{register.code}/import", others)
    assert (told["accepted"], told["refused"]) == (len(rows), [])


def of_somebody_else(headings: list[Any], row: list[Any]) -> list[Any]:
    """The row with another identity number of the same birthday and sex."""
    known = dict(zip(headings, row, strict=True))
    if "身份证号" in known:
        known["身份证号"] = id_number(date.fromisoformat(str(known["出生日期"])[:10]), "1" if known["性别"] == "男" else "2")
    return list(known.values())


@EVERY
def test_forms_go_out_and_come_in_and_the_same_file_doubles_nothing(
    peopled: Region, application: Application, register: Register
) -> None:
    clinic = clinic_of(peopled, application)
    for form in register.work_forms:
        path = f"/{register.code}/{form.code}"
        headings, *rows = sheet(clinic.get(f"{path}/export", start="2000-01-01"))
        asked = {one.label for one in form.fields if not one.value}
        assert asked <= set(headings) and asked <= set(sheet(clinic.get(f"{path}/import"))[0]), form.code
        told = tried(clinic, f"{path}/import", [headings, *rows])
        assert told["accepted"] == 0 and len(told["refused"]) == len(rows), form.code
        unreadable = [one for one in told["refused"] if "已有" not in one["problem"] and "同一天" not in one["problem"]]
        assert unreadable == [], form.code


@EVERY
def test_a_form_is_a_questionnaire_and_what_was_filled_in_answers_it(
    peopled: Region, application: Application, register: Register
) -> None:
    clinic = clinic_of(peopled, application)
    forms = {one.code: one for one in register.all_forms}
    answered = set()
    for member in members(clinic, register):
        for one in clinic.get(f"/{register.code}/members/{member['id']}")["submissions"]:
            if one["form"] in forms and one["form"] not in answered:
                answered.add(one["form"])
                agree(clinic, register, forms[one["form"]], f"/{register.code}/members/{member['id']}/{one['form']}/{one['id']}")
    assert register.entry.code in answered


def agree(clinic: Clinic, register: Register, form: Form, path: str) -> None:
    """The response says of which version it is, and answers only what the questionnaire asks, with what can be chosen."""
    asked = clinic.call("GET", f"/{form.code}/questionnaire", 200)
    said = clinic.call("GET", f"{path}/fhir", 200)
    assert said["questionnaire"] == f"{asked['url']}|{asked['version']}" and said["status"] == "completed"
    items = dict(leaves(asked["item"]))
    for link, item in leaves(said["item"]):
        options = [one["valueCoding"]["code"] for one in items[link].get("answerOption", ())]
        codes = [one["valueCoding"]["code"] for one in item["answer"] if "valueCoding" in one]
        assert item["text"] == items[link]["text"] and (not options or set(codes) <= set(options)), (form.code, link)


def leaves(items: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for group in items:
        for item in group["item"]:
            yield item["linkId"], item


@EVERY
def test_who_may_only_read_is_shown_no_button_and_refused(peopled: Region, application: Application, register: Register) -> None:
    clinic = clinic_of(peopled, application)
    reads = {f"program.{application.code}.read", f"register.{register.code}.read"}
    reads |= {f"form.{form.code}.read" for form in register.all_forms}
    reader = replace(clinic, who=replace(clinic.who, permissions=frozenset(reads)))
    member = members(clinic, register)[0]
    at = f"/console/apps/{application.code}/{register.code}/members"
    may, may_not = page(clinic, f"{at}/{member['id']}"), page(reader, f"{at}/{member['id']}")
    for button in ("结案", "转管", "更正", *(f"填写{form.label}" for form in register.work_forms)):
        assert f">{button}<" in may and f">{button}<" not in may_not, button
    assert "打印此表" in may_not and "data-print" in may_not
    enrolling = at.removesuffix("members") + "enrol"
    assert enrolling in page(clinic, at) and enrolling not in page(reader, at)
    day, of_member = {"day": member["enrolled_on"]}, f"/{register.code}/members/{member['id']}"
    refusals: list[tuple[str, dict[str, Any]]] = [
        (f"/{register.code}/members", {"answers": {}}),
        (f"{of_member}/close", {"reason": register.leave[0].code, **day}),
        *((f"{of_member}/{form.code}", {"answers": {}, **day}) for form in register.work_forms),
    ]
    for path, body in refusals:
        reader.call("POST", path, 403, json=body)


def page(clinic: Clinic, path: str) -> str:
    region = clinic.region
    return client_for(region.app, region.platform, region.shelf, clinic.who).get(path).get_data(as_text=True)


@pytest.mark.parametrize("application", [one for one in APPLICATIONS if one.params], ids=lambda one: one.code)
def test_a_county_sets_every_parameter_within_its_limits(peopled: Region, application: Application) -> None:
    county = peopled.office("411525")
    client = client_for(peopled.app, peopled.platform, peopled.shelf, county.who)
    for param in application.params:
        path = f"/api/v1/parameters/{application.code}.{param.code}"
        assert client.put(path, json={"value": param.high, "division": "411525"}).status_code == 200, param.code
        assert client.put(path, json={"value": param.high + 1, "division": "411525"}).status_code == 422, param.code
        assert client.put(path, json={"value": "", "division": "411525"}).status_code == 200, param.code
