"""The operating team's pages show what the APIs know, and their forms reach the APIs."""

from __future__ import annotations

from typing import Any

import pytest

from health_platform.kernel.platform import Parameter

pytestmark = pytest.mark.system("A17", "A18", "B09")

PAGES = (
    "/console/audit",
    "/console/operations/events",
    "/console/operations/jobs",
    "/console/operations/cache",
    "/console/operations/parameters",
)


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_those_who_may_and_for_nobody_else(as_principal: Any, client: Any, path: str) -> None:
    assert as_principal().get(path, headers={"Accept": "text/html"}).status_code == 200
    assert as_principal(permissions={"other"}).get(path).status_code == 403
    assert client.get(path).status_code == 401


def test_a_form_of_the_page_sets_a_parameter(platform: Any, as_principal: Any) -> None:
    platform.parameter(Parameter("test.days", "保留天数", 14, low=1, high=30))
    operator = as_principal()
    assert operator.put("/api/v1/parameters/test.days", data={"value": "21"}).get_json()["values"][0]["value"] == 21
    page = operator.get("/console/operations/parameters").text
    assert "保留天数" in page and "21" in page
    assert operator.put("/api/v1/parameters/test.days", data={"value": ""}).get_json()["values"] == []


def test_a_county_sets_its_own_rules_and_nobody_elses(platform: Any, as_principal: Any) -> None:
    platform.parameter(Parameter("test.days", "保留天数", 14, low=1, high=30, local=True))
    platform.parameter(Parameter("test.whole", "全市参数", 14, low=1, high=30))
    county = as_principal(division="411525")
    (own,) = county.put("/api/v1/parameters/test.days", data={"value": "21"}).get_json()["values"]
    assert (own["division"], own["value"]) == ("411525", 21)
    for elsewhere in ("*", "4115", "411502"):
        refused = county.put("/api/v1/parameters/test.days", json={"value": 7, "division": elsewhere})
        assert refused.status_code == 403, elsewhere
    assert county.put("/api/v1/parameters/test.whole", json={"value": 7}).status_code == 422
    page = county.get("/console/operations/parameters").text
    assert 'id="parameter-' in page and "411525取值" in page and "/api/v1/parameters/test.whole" not in page


def test_the_audit_page_searches(as_principal: Any) -> None:
    operator = as_principal(name="赵主任")
    operator.put("/api/v1/parameters/none", json={"value": 1})
    page = operator.get("/console/audit?actor_name=赵主任&outcome=refused").text
    assert "设置运行参数" in page and "拒绝" in page
    assert "没有符合条件的日志" in operator.get("/console/audit?actor_name=无此人").text
