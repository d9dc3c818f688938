"""Asking for data: nothing beyond what was granted, by nobody but the one who asked, and not after its time."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from etl.catalogue.deidentify.roles import Role, requestable, roles
from etl.catalogue.models import Extract
from etl.catalogue.requests import expire
from health_platform.datasets.api import dataset
from health_platform.kernel import clock
from health_platform.kernel.ids import new_id
from tests.catalogue.conftest import Region
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("G01")
BASE = "/api/v1/catalogue/requests"
ASKED = {
    "dataset": "visit", "kind": "detail", "purpose": "高血压门诊就诊情况分析，市疾控中心",
    "first": "2026-03-01", "last": "2026-04-30",
    "division": "4115",
    "fields": ["gender", "birth_date", "event_time", "diagnosis", "stay_days", "institution"],
}  # fmt: skip


def ask(client: CallerClient, **changes: Any) -> Any:
    return client.post(BASE, json={**ASKED, **changes})


def granted(region: Region, *, grant: dict[str, Any] | None = None, **changes: Any) -> tuple[CallerClient, str]:
    """A request put through approval and making; the requester and its id."""
    requester = region.acting()
    answer = ask(requester, **changes)
    assert answer.status_code == 201, answer.json
    request_id = answer.json["id"]
    done = region.acting().post(f"{BASE}/{request_id}/grant", json={"k": 5, "days": 7, **(grant or {})})
    assert done.status_code == 200, done.json
    region.work()
    return requester, request_id


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.json
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.fixture(autouse=True)
def _published(published: Any) -> None:
    published("visit")


def test_an_approved_extract_is_de_identified_and_k_anonymous(region: Region) -> None:
    requester, request_id = granted(region)
    rows = rows_of(requester.post(f"{BASE}/{request_id}/file"))
    assert set(rows[0]) == {"性别代码", "出生日期", "业务时间", "主要诊断代码", "实际住院天数", "上传机构"}
    classes = Counter((row["性别代码"], row["出生日期"], row["业务时间"], row["上传机构"]) for row in rows)
    assert min(classes.values()) >= 5 * 2  # each patient has two rows in one month
    assert {row["业务时间"] for row in rows} <= {"2026-03", "2026-04", "2026Q1", "2026Q2", "2026", "*"}
    assert {row["主要诊断代码"] for row in rows} <= {"I10", "*"}
    assert "患者" not in str(rows) and "13800138000" not in str(rows)


def test_linked_rows_carry_a_pseudonym_that_fits_no_other_extract(region: Region) -> None:
    marks = []
    for _ in range(2):
        requester, request_id = granted(region, linked=True, fields=["gender", "diagnosis"])
        rows = rows_of(requester.post(f"{BASE}/{request_id}/file"))
        counts = Counter(row["居民假名"] for row in rows)
        assert set(counts.values()) == {2}
        marks.append(set(counts))
    assert not marks[0] & marks[1]


def test_counts_hide_small_cells(region: Region) -> None:
    requester, request_id = granted(region, kind="counts", fields=["gender", "diagnosis"])
    rows = rows_of(requester.post(f"{BASE}/{request_id}/file"))
    shown = {(row["性别代码"], row["主要诊断代码"]): (row["行数"], row["人数"]) for row in rows}
    assert shown["1", "I10"] == ("46", "23")
    assert shown["1", "Z99"] == ("<5", "<5")


def test_nobody_approves_what_they_asked_for(region: Region) -> None:
    both = region.acting()
    request_id = ask(both).json["id"]
    answer = both.post(f"{BASE}/{request_id}/grant", json={"k": 5, "days": 7})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "catalogue.own_request")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"k": 2, "days": 7}, "catalogue.k"),
        ({"k": 5, "days": 400}, "catalogue.days"),
        ({"k": 5, "days": 7, "fields": ["gender", "outcome"]}, "catalogue.wider"),
        ({"k": 5, "days": 7, "division": "42"}, "catalogue.wider"),
    ],
)
def test_no_more_is_granted_than_asked_for_and_permitted(region: Region, body: dict[str, Any], code: str) -> None:
    request_id = ask(region.acting()).json["id"]
    answer = region.acting().post(f"{BASE}/{request_id}/grant", json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, code)


def test_an_approver_of_a_county_cannot_open_the_whole_city(region: Region) -> None:
    county = {"division": "411502"}
    request_id = ask(region.acting(**county)).json["id"]
    beyond = region.acting(**county).post(f"{BASE}/{request_id}/grant", json={"k": 5, "days": 7})
    assert (beyond.status_code, beyond.json["error"]["code"]) == (403, "catalogue.beyond_scope")
    within = region.acting(**county).post(f"{BASE}/{request_id}/grant", json={"k": 5, "days": 7, "division": "411502"})
    assert within.status_code == 200


def test_only_the_requester_gets_the_file(region: Region) -> None:
    requester, request_id = granted(region)
    assert region.acting().post(f"{BASE}/{request_id}/file").status_code == 404
    assert requester.post(f"{BASE}/{new_id()}/file").status_code == 404
    assert requester.post(f"{BASE}/{request_id}/file").status_code == 200


def test_every_download_is_written_down_and_they_end(region: Region) -> None:
    requester, request_id = granted(region)
    answers = [requester.post(f"{BASE}/{request_id}/file").status_code for _ in range(6)]
    assert answers == [200] * 5 + [403]
    assert len(region.acting().get(f"{BASE}/{request_id}/downloads").json) == 5


def test_what_has_expired_is_gone(region: Region) -> None:
    requester, request_id = granted(region)
    with clock.travel(clock.now() + timedelta(days=8)):
        assert requester.post(f"{BASE}/{request_id}/file").status_code == 410
        with region.unit() as session:
            assert expire(session) >= 1
    with region.unit() as session:
        assert session.scalar(select(Extract).where(Extract.request_id == int(request_id))) is None
    assert requester.post(f"{BASE}/{request_id}/file").status_code == 410


def test_what_was_taken_back_is_gone(region: Region) -> None:
    requester, request_id = granted(region)
    assert region.acting().post(f"{BASE}/{request_id}/revoke", json={"note": "课题终止"}).json["state"] == "revoked"
    assert requester.post(f"{BASE}/{request_id}/file").status_code == 409


def test_too_few_persons_give_no_extract_and_the_requester_reads_why(region: Region) -> None:
    requester, request_id = granted(region, first="2026-04-01", last="2026-04-01")
    (mine,) = [row for row in requester.get(BASE).json if row["id"] == request_id]
    assert mine["state"] == "failed"
    assert "不足 5 人" in mine["report"]["error"]


@pytest.mark.parametrize("name", ["patient_name", "id_number", "phone", "visit_no", "chief_complaint", "no_such_field"])
def test_what_names_a_person_cannot_be_asked_for(region: Region, name: str) -> None:
    answer = ask(region.acting(), fields=["gender", name])
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "catalogue.fields")


def test_what_is_not_published_cannot_be_asked_for(region: Region) -> None:
    assert ask(region.acting(), dataset="blood_donation").json["error"]["code"] == "catalogue.not_shared"


@settings(max_examples=8)
@given(
    fields=st.sets(st.sampled_from(sorted(requestable(dataset("visit")))), min_size=1, max_size=5),
    linked=st.booleans(), shift=st.sampled_from([0, 10]), k=st.integers(5, 9),
)  # fmt: skip
def test_any_extract_is_k_anonymous_and_holds_only_what_was_granted(
    region: Region, fields: set[str], linked: bool, shift: int, k: int
) -> None:
    grain = "day" if shift else "month"
    requester, request_id = granted(
        region, grant={"k": k}, fields=sorted(fields), linked=linked, shift_days=shift, grain=grain
    )  # fmt: skip
    answer = requester.post(f"{BASE}/{request_id}/file")
    if answer.status_code == 409:
        return  # nothing could be handed out
    rows = rows_of(answer)
    labels, known = requestable(dataset("visit")), roles(dataset("visit"))
    assert set(rows[0]) - {"居民假名"} == {labels[name] for name in fields}
    quasi = [labels[name] for name in fields if known[name] in (Role.QUASI, Role.TIME)]
    if linked:
        shown: dict[str, set[tuple[str, ...]]] = {}
        for row in rows:
            shown.setdefault(row["居民假名"], set()).add(tuple(row[name] for name in quasi))
        classes = Counter(frozenset(each) for each in shown.values())
        assert min(classes.values()) >= k
    else:
        assert min(Counter(tuple(row[name] for name in quasi) for row in rows).values()) >= k
