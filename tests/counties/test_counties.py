"""A county opened in one form: its administrator, its frame, its menus, its limits."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from health_platform.access.api import install_definitions
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("A03")

API = "/api/v1/counties"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def ready(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("test")) as session:
        install_definitions(session, platform)


def county(code: str = "411525000000", **changes: Any) -> dict[str, Any]:
    return {"division_code": code, "name": "固始县全民健康信息平台", "login_name": f"admin{code[:6]}", "real_name": "周管理",
            "id_no": "413022198001010010" if code.startswith("411525") else "413022198002020021", **changes}  # fmt: skip


def frame(client: CallerClient) -> Any:
    return html.fromstring(client.get("/console", headers={"Accept": "text/html"}).text)


def test_one_form_opens_a_county(ready: None, as_principal: Callable[..., CallerClient]) -> None:
    city = as_principal()
    answer = city.post(API, data={**county(), "menus": ["record"], "logo": (io.BytesIO(PNG), "x.png")})
    assert answer.status_code == 201, answer.json
    assert answer.json["county"]["division_code"] == "411525000000" and len(answer.json["password"]) >= 10
    people = frame(as_principal(division="411525"))
    assert people.xpath("//a[@class='brand']/span/text()") == ["固始县全民健康信息平台"]
    assert people.xpath("//a[@class='brand']/img/@src")[0].startswith("data:image/png;base64,")
    assert people.xpath("//nav[@id='menu']//a/@href") == ["/record"]
    assert frame(as_principal(division="411502")).xpath("//a[@class='brand']/span/text()") != ["固始县全民健康信息平台"]
    signed = city.post("/api/v1/access/session", json={"login_name": "admin411525", "password": answer.json["password"]})
    assert signed.status_code == 201, signed.json


def test_counties_are_opened_once_within_the_jurisdiction(ready: None, as_principal: Callable[..., CallerClient]) -> None:
    city = as_principal()
    assert city.post(API, json=county()).status_code == 201
    again = city.post(API, json=county(login_name="other1", id_no="413022198003030032"))
    assert again.json["error"]["code"] == "county.opened"
    assert city.post(API, json=county("411500000000")).json["error"]["code"] == "county.division"
    assert as_principal(division="411502").post(API, json=county("411526000000")).status_code == 404
    refused = city.post(API, data={**county("411526000000"), "logo": (io.BytesIO(b"<svg onload=x>"), "x.png")})
    assert refused.json["error"]["code"] == "county.logo"
    assert as_principal(division="411502").get(API).json == []


def test_a_closed_county_keeps_its_people_and_loses_its_front(ready: None, as_principal: Callable[..., CallerClient]) -> None:
    city = as_principal()
    site = city.post(API, json=county()).json["county"]
    assert city.post(f"{API}/{site['id']}", json={"name": "固始县", "active": False}).json["active"] is False
    assert frame(as_principal(division="411525")).xpath("//a[@class='brand']/span/text()") == ["区域全民健康信息平台"]


def test_what_a_county_has_not_enabled_is_closed_in_menu_page_and_interface(
    ready: None, as_principal: Callable[..., CallerClient]
) -> None:
    city, people = as_principal(), as_principal(division="411525")
    for path in ("/console/objections", "/api/v1/records/files", "/api/v1/launch/clients"):
        assert people.get(path).status_code == 200, path
    site = city.post(API, json=county(menus=["files", "objections"])).json["county"]
    assert frame(people).xpath("//nav[@id='menu']//a/@href") == ["/console/files", "/console/objections"]
    assert people.get("/console/objections").status_code == 200
    assert people.get("/api/v1/records/files").status_code == 200
    for path in ("/console/launch", "/api/v1/launch/clients", "/console/counties", "/api/v1/access/users"):
        answer = people.get(path)
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "county.feature"), path
        assert answer.json["error"]["facts"]["county"] == "固始县全民健康信息平台"
    page = people.get("/console/launch", headers={"Accept": "text/html"})
    assert page.status_code == 403 and "未开通" in page.text
    assert as_principal(division="411502").get("/api/v1/launch/clients").status_code == 200
    assert city.get("/api/v1/launch/clients").status_code == 200
    city.post(f"{API}/{site['id']}", json={"name": site["name"], "menus": [], "active": True})
    assert people.get("/api/v1/launch/clients").status_code == 200


def test_a_countys_administrator_does_not_change_what_the_city_gave(
    ready: None, as_principal: Callable[..., CallerClient]
) -> None:
    city, people = as_principal(), as_principal(division="411525")
    site = city.post(API, json=county(menus=["counties"])).json["county"]
    for path, body in ((f"/{site['id']}", {"name": "固始县", "menus": [], "active": True}), ("", county("411525000000"))):
        refused = people.post(API + path, json=body)
        assert (refused.status_code, refused.json["error"]["code"]) == (403, "county.city_only"), path
    assert city.get(API).json[0]["menus"] == ["counties"]
    page = people.get("/console/counties", headers={"Accept": "text/html"})
    assert page.status_code == 200 and not html.fromstring(page.text).xpath("//main//form")


def test_the_form_offers_what_a_county_can_use_and_nothing_of_the_platform_itself(
    ready: None, as_principal: Callable[..., CallerClient]
) -> None:
    page = html.fromstring(as_principal().get("/console/counties", headers={"Accept": "text/html"}).text)
    offered = set(page.xpath("//*[@id='new']//input[@name='menus']/@value"))
    assert {"record", "files", "access.users", "registry.institutions", "quality.ranking", "app.hypertension"} <= offered
    assert not {"counties", "access.menus", "access.policy"} & offered
    assert not [key for key in offered if key.startswith("operations.")], "a county has no system administrator of its own"
