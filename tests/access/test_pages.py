"""The pages as a browser uses them, and the command line."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import select

from empi.api import RawIdentity, register
from health_platform.access.api import UnitDirectory, User, change_policy
from health_platform.access.commands import user
from health_platform.access.key_commands import keys
from health_platform.access.signin import totp
from health_platform.app import application
from health_platform.kernel import clock
from health_platform.settings import Settings
from tests.access.conftest import PASSWORD, Region, Units, build, id_number

pytestmark = pytest.mark.system("B08", "B02", "B03", "A20")
HTML = {"Accept": "text/html"}


def token_in(page: Any) -> str:
    found = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert found is not None
    return found.group(1)


def sign_in(region: Region, name: str, password: str = PASSWORD) -> FlaskClient:
    client = region.client()
    form = {"login_name": name, "password": password, "next": "/console/me"}
    answer = client.post("/login", data=form, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/me"), answer.text
    return client


@pytest.mark.parametrize(
    ("who", "open_pages", "closed_pages"),
    [
        (
            "commission",
            ["users", "users/new", "roles", "special", "break-glass", "sessions", "clients", "clients/new"],
            ["menus", "policy"],
        ),
        ("unitadmin", ["users", "users/new", "roles", "sessions", "special"], ["menus", "policy", "clients", "break-glass"]),
        ("physician", [], ["users", "roles", "sessions", "clients", "menus", "policy"]),
    ],
)
def test_each_role_reaches_its_pages(pages: Region, who: str, open_pages: list[str], closed_pages: list[str]) -> None:
    client = sign_in(pages, who)
    for name in open_pages:
        page = client.get(f"/console/access/{name}", headers=HTML)
        assert page.status_code == 200, page.text
        assert re.search("<h1>[^<]+</h1>", page.text)
    assert {client.get(f"/console/access/{name}", headers=HTML).status_code for name in closed_pages} <= {403}
    assert client.get("/console/me", headers=HTML).status_code == 200


def test_people_without_a_session_are_sent_to_the_login_and_back(pages: Region) -> None:
    answer = pages.client().get("/console/access/users?text=a", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=%2Fconsole%2Faccess%2Fusers%3Ftext%3Da"
    wrong = pages.client().post("/login", data={"login_name": "physician", "password": "nope"}, headers=HTML)
    assert wrong.status_code == 401
    assert "登录名或口令不正确" in wrong.text


def test_opening_an_account_by_the_form_and_its_first_login(pages: Region) -> None:
    client = sign_in(pages, "unitadmin")
    form_page = client.get("/console/access/users/new", headers=HTML)
    assert "某村卫生室" in form_page.text
    assert "浉河区人民医院" not in form_page.text
    body = {
        "csrf_token": token_in(form_page),
        "login_name": "nurse90",
        "real_name": "李小红",
        "id_no": "1",
        "institution_id": "10",
        "role": "nurse",
    }
    refused = client.post("/console/access/users/new", data=body, headers=HTML)
    assert refused.status_code == 422
    assert 'value="nurse90"' in refused.text
    shown = client.post("/console/access/users/new", data={**body, "id_no": id_number(90)}, headers=HTML)
    assert shown.status_code == 200, shown.text
    found = re.search(r'<b class="mono">([^<]+)</b>', shown.text)
    assert found is not None
    nurse = pages.client()
    first = found.group(1).replace("&#43;", "+").replace("&amp;", "&")
    answer = nurse.post("/login", data={"login_name": "nurse90", "password": first}, headers=HTML)
    assert answer.headers["Location"].startswith("/login/password")
    step = nurse.get("/login/password", headers=HTML)
    chosen = {"csrf_token": token_in(step), "password": "Quiet-River-42", "again": "Quiet-River-42"}
    weak = nurse.post("/login/password", data={**chosen, "password": "short", "again": "short"}, headers=HTML)
    assert weak.status_code == 422
    assert nurse.post("/login/password", data=chosen, headers=HTML).headers["Location"] == "/console"
    assert nurse.get("/console/me", headers=HTML).status_code == 200


def test_the_enrolment_page_shows_a_code_that_works(pages: Region) -> None:
    with pages.work() as session:
        change_policy(session, {"second_factor_for_admins": 1})
    client = pages.client()
    answer = client.post("/login", data={"login_name": "unitadmin", "password": PASSWORD}, headers=HTML)
    assert answer.headers["Location"].startswith("/login/enrol")
    page = client.get("/login/enrol", headers=HTML)
    assert "<svg" in page.text
    assert client.get("/console/me", headers=HTML).status_code == 303
    secret = re.search(r'<span class="mono">([A-Z2-7]{32})</span>', page.text)
    assert secret is not None
    assert secret.group(1) in client.get("/login/enrol", headers=HTML).text
    code = pyotp.TOTP(secret.group(1)).at(int(clock.now().timestamp()))
    form = {"csrf_token": token_in(page), "code": code}
    assert client.post("/login/enrol", data=form, headers=HTML).headers["Location"] == "/console"
    assert "已启用" in client.get("/console/me", headers=HTML).text


def test_the_account_page_shows_grants_and_no_national_id(pages: Region) -> None:
    client = sign_in(pages, "unitadmin")
    page = client.get(f"/console/access/users/{pages.id_of('publichealth')}", headers=HTML)
    assert page.status_code == 200
    assert "公共卫生医师" in page.text
    assert id_number(4) not in page.text
    assert client.get(f"/console/access/users/{pages.id_of('physician2')}", headers=HTML).status_code == 404
    page = client.get(f"/console/access/users/{pages.id_of('publichealth')}", headers=HTML)
    reset = client.post(
        f"/console/access/users/{pages.id_of('publichealth')}/reset", data={"csrf_token": token_in(page)}, headers=HTML
    )
    assert "口令只显示这一次" in reset.text


def test_registering_a_system_by_the_form(pages: Region) -> None:
    client = sign_in(pages, "commission")
    page = client.get("/console/access/clients/new", headers=HTML)
    assert 'data-units="/console/registry/institutions/found"' in page.text, "nobody knows the number of an institution"
    body = {
        "csrf_token": token_in(page),
        "code": "portal-x",
        "name": "门户",
        "with_secret": "true",
        "role": "unit_system",
        "redirect_uris": "https://portal.example/cb\nhttps://portal.example/cb2",
        "keys": "{",
    }
    assert client.post("/console/access/clients/new", data=body, headers=HTML).status_code == 422
    made = client.post("/console/access/clients/new", data={**body, "keys": ""}, headers=HTML)
    assert made.status_code == 200, made.text
    assert "共享密钥" in made.text
    listed = client.get("/console/access/clients", headers=HTML).text
    assert "portal-x" in listed
    (address,) = re.findall(r'href="(/console/access/clients/\d+/certificate)"', listed)
    page = client.get(address, headers=HTML)
    headers = {"X-CSRF-Token": token_in(page)}
    target = address.replace("/console", "/api/v1")
    assert client.put(target, json={"certificate": "AB"}, headers=headers).status_code == 422
    assert client.put(target, json={"certificate": "a" * 64}, headers=headers).status_code == 200
    assert "a" * 64 in client.get(address, headers=HTML).text
    assert "数字证书" in client.get("/console/access/clients", headers=HTML).text


def test_logging_out_needs_the_page_and_ends_the_session(pages: Region) -> None:
    client = sign_in(pages, "physician")
    assert client.post("/logout", headers=HTML).status_code == 403
    page = client.get("/console/me", headers=HTML)
    assert client.post("/logout", data={"csrf_token": token_in(page)}, headers=HTML).headers["Location"] == "/login"
    assert client.get("/console/me", headers=HTML).status_code == 303


def test_a_physician_opens_a_record_in_an_emergency(region_home: Path, tmp_path: Path) -> None:
    shutil.copytree(region_home, tmp_path / "home")
    platform = build(Settings(home=tmp_path / "home", components="empi,browser_ui"))
    platform.database.create_all()
    everywhere = Region(platform, application(platform))
    with everywhere.work() as session:
        patient = RawIdentity(
            "20",
            "P1",
            name="居民甲",
            gender="1",
            birth_date="1950-01-01",
            id_type="01",
            id_no=id_number(99),
            division_code="411502001000",
            institution_id=20,
        )
        person = register(session, [patient])[0].person_id
        user = session.scalars(select(User).where(User.login_name == "physician")).one()
        device = pyotp.TOTP(totp.begin(session, user))
        totp.confirm(session, user, device.at(int(clock.now().timestamp()) - 30))
    client = everywhere.client()
    client.post("/login", data={"login_name": "physician", "password": PASSWORD}, headers=HTML)
    with clock.travel(clock.now() + timedelta(seconds=30)):
        step = client.get("/login/code", headers=HTML)
        form = {"csrf_token": token_in(step), "code": device.at(int(clock.now().timestamp()))}
        assert client.post("/login/code", data=form, headers=HTML).headers["Location"] == "/console"
    with clock.travel(clock.now() + timedelta(seconds=90)):
        page = client.get("/console/emergency", headers=HTML)
        form = {
            "csrf_token": token_in(page),
            "number": id_number(98),
            "reason_code": "rescue",
            "reason": "抢救患者需要了解过敏史",
            "code": device.at(int(clock.now().timestamp())),
        }
        assert "未对应到唯一的居民" in client.post("/console/emergency", data=form, headers=HTML).text
        opened = client.post("/console/emergency", data={**form, "number": id_number(99)}, headers=HTML)
        assert (opened.status_code, opened.headers.get("Location")) == (303, f"/record/{person}"), opened.text
        assert everywhere.principal("physician").scope.persons == {person}
    platform.database.close()


def test_a_login_form_of_another_site_is_refused(pages: Region) -> None:
    form = {"login_name": "physician", "password": PASSWORD}
    answer = pages.client().post("/login", data=form, headers={**HTML, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_command_line_creates_locks_and_lists(region: Region) -> None:
    region.platform.services[UnitDirectory.__qualname__] = Units()

    def run(command: Any, *arguments: str) -> str:
        result = CliRunner().invoke(command, list(arguments), obj=region.platform, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    made = run(user, "create", "cmd1", "--name", "李小红", "--id-no", id_number(95), "--role", "physician", "--unit", "12")
    name, password = made.split()
    assert region.sign_in(name, password).pending == "password"
    run(user, "lock", "cmd1", "--reason", "离职")
    assert "locked" in run(user, "list", "--text", "cmd1")
    run(user, "unlock", "cmd1")
    assert run(user, "reset-password", "cmd1").split()[1] != password
    assert "nothing was created" in run(user, "first")
    assert "d2 is the active data key" in run(keys, "rotate", "data")
    listed = run(keys, "list")
    assert re.search(r"d1 +data .* old", listed)
    assert region.sign_in("physician").get("/api/v1/access/session").status_code == 200
