"""Health information: written, shown, read by residents, taken down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.residents.conftest import PEOPLE
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("I01")

API = "/api/v1/resident/news"
FANG = next(iter(PEOPLE))
ARTICLE = {"kind": "science", "title": "高血压患者怎样测血压", "body": "早晚各一次。\n\n坐位，休息五分钟后测。"}
SignedIn = Callable[[str], dict[str, str]]
Acting = Callable[..., CallerClient]


def test_residents_read_what_is_shown_and_nothing_else(client: CallerClient, as_principal: Acting, signed_in: SignedIn) -> None:
    city, bearer = as_principal(), signed_in(FANG)
    made = city.post(API, json=ARTICLE)
    assert (made.status_code, made.json["state"]) == (201, "draft")
    path = f"{API}/{made.json['id']}"
    assert client.get(API, headers=bearer).json == []
    assert city.post(f"{path}/show").json["state"] == "shown"
    (read,) = client.get(API, headers=bearer).json
    assert (read["title"], read["body"], read["publisher"]) == (ARTICLE["title"], ARTICLE["body"], "测试机构")
    shown = client.get(f"/my/news/{read['id']}", headers={**bearer, "Accept": "text/html"}).text
    assert ARTICLE["title"] in shown and 'href="/my/news"' in shown, "there is a way back to the list"
    assert city.post(path, json={**ARTICLE, "title": "改标题"}).status_code == 409  # shown: take down first
    assert city.post(f"{path}/show").status_code == 409
    assert city.post(f"{path}/take-down").json["state"] == "taken"
    assert client.get(API, headers=bearer).json == []
    assert city.post(path, json={**ARTICLE, "title": "改标题"}).json["title"] == "改标题"


def test_a_county_manages_its_own_articles_only(client: CallerClient, as_principal: Acting, signed_in: SignedIn) -> None:
    one, other = as_principal(division="411502"), as_principal(division="411503")
    made = one.post(API, json=ARTICLE).json["id"]
    for path in ("", "/show", "/take-down"):
        assert other.post(f"{API}/{made}{path}", json=ARTICLE if not path else None).status_code == 404
    assert one.post(f"{API}/{made}/show").status_code == 200
    bearer = signed_in(FANG)
    assert [item["id"] for item in client.get(API, headers=bearer).json] == [made]


def test_the_platform_speaks_where_the_writer_has_no_institution(as_principal: Acting) -> None:
    written = as_principal(name="周县管", institution_id=None, institution_name=None).post(API, json=ARTICLE).json
    assert written["publisher"] == "区域全民健康信息平台", "residents are not told an official's name"


def test_only_those_entitled_write_and_residents_never(client: CallerClient, as_principal: Acting, signed_in: SignedIn) -> None:
    assert as_principal(permissions=frozenset({"resident.news.read"})).post(API, json=ARTICLE).status_code == 403
    assert client.post(API, headers=signed_in(FANG), json=ARTICLE).status_code == 403
    assert as_principal().post(API, json={**ARTICLE, "kind": "advertisement"}).status_code == 422
