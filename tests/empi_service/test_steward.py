"""A data steward at work: fifty reviews through the pages, second approval, splitting and undoing, quality."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from empi.api import RawIdentity, register
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope
from tests.empi_service.people import WANG, ZHAO, at, resident_id
from tests.empi_service.state import clusters

pytestmark = pytest.mark.system("A10")

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦"


def people(number: int) -> list[RawIdentity]:
    """Two records of one person each that only a person can judge: one has neither id nor birth date."""
    found = []
    for place, surname in enumerate(SURNAMES[:number]):
        born = f"19{50 + place % 40}-{1 + place % 12:02}-{1 + place % 28:02}"
        first = replace(
            WANG,
            institution="H1",
            local_id=f"R{place}",
            name=f"{surname}晓明",
            birth_date=born,
            id_no=resident_id("411502", born, f"{100 + place * 2 + 1:03}"),
            phone=f"1370376{1000 + place}",
            card_no="",
            card_type="",
            address=f"河南省信阳市浉河区民权街道新华路{place + 1}号院{place + 1}号楼2单元301室",
        )
        found += [
            first,
            at(
                first,
                "H3",
                f"S{place}",
                id_no="",
                phone="",
                birth_date="",
                source_time="2025-01-01",
                address=f"浉河区民权街道新华路{place + 1}号院",
            ),
        ]
    return found


@pytest.fixture
def questions(platform: Platform) -> int:
    """At least fifty open questions."""
    with platform.database.unit_of_work(system_scope("test")) as session:
        results = register(session, people(50))
    return len({review for one in results for review in one.review_ids})


def review_links(html: str) -> list[str]:
    return sorted(set(re.findall(r'href="(/console/empi/reviews/\d+)"', html)))


def persons(platform: Platform) -> int:
    with platform.database.unit_of_work(system_scope("test")) as session:
        return len(clusters(session))


def test_a_steward_clears_fifty_reviews(platform: Platform, as_principal: Callable[..., Any], questions: int) -> None:
    steward = as_principal(name="陈志强")
    assert questions == 50
    before = persons(platform)
    listed = steward.get("/console/empi/reviews")
    assert listed.status_code == 200
    links = review_links(listed.text)
    assert len(links) == 50
    for link in links[:10]:
        page = steward.get(link)
        assert page.status_code == 200 and "证据瀑布图" in page.text and "<svg" in page.text
        assert "<td>男</td>" in page.text and "<td>身份证 4115" in page.text, "codes are shown in words"
        answered = steward.post(
            f"/api/v1/empi/reviews/{link.rsplit('/', 1)[1]}/answer", data={"verdict": "same", "reason": "核对户口簿"}
        )
        assert answered.status_code == 200, answered.text
    rest = [link.rsplit("/", 1)[1] for link in links[10:]]
    bulk = steward.post("/api/v1/empi/reviews/answers", data={"review_ids": rest[:30], "verdict": "same", "reason": ""})
    assert {one["state"] for one in bulk.json} == {"closed"}, bulk.text
    bulk = steward.post("/api/v1/empi/reviews/answers", json={"review_ids": rest[30:], "verdict": "different"})
    assert {one["state"] for one in bulk.json} == {"closed"}, bulk.text
    assert "没有需要处理的事项" in steward.get("/console/empi/reviews").text
    assert persons(platform) == before - 40
    assert steward.get("/console/empi/reviews/next").headers["Location"] == "/console/empi/reviews"
    assert "陈志强" in steward.get("/console/empi/reviews?state=closed").text


def test_second_approval_needs_another_person_of_the_same_mind(
    platform: Platform, as_principal: Callable[..., Any], questions: int
) -> None:
    first, second = as_principal(name="甲"), as_principal(name="乙")
    assert first.put("/api/v1/empi/policies/4115", json={"two_persons": True}).status_code == 200
    review = review_links(first.get("/console/empi/reviews").text)[0].rsplit("/", 1)[1]
    before = persons(platform)
    assert first.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"}).json["waiting"] is True
    assert persons(platform) == before
    again = first.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"})
    assert again.status_code == 409 and again.json["error"]["code"] == "empi.second_person"
    assert second.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"}).json["state"] == "closed"
    assert persons(platform) == before - 1
    closed = second.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"})
    assert closed.json["error"]["code"] == "empi.review_closed"


def test_an_answer_is_taken_back(platform: Platform, as_principal: Callable[..., Any], questions: int) -> None:
    steward = as_principal(name="陈志强")
    before = persons(platform)
    same, different = (link.rsplit("/", 1)[1] for link in review_links(steward.get("/console/empi/reviews").text)[:2])
    for review, verdict in ((same, "same"), (different, "different")):
        assert steward.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": verdict}).status_code == 200
        assert "撤销该结论" in steward.get(f"/console/empi/reviews/{review}").text
        onward = steward.get(f"/console/empi/reviews/next?after={review}").headers["Location"]
        assert onward.endswith(f"?done={review}") and "撤销该结论" in steward.get(onward).text
    assert persons(platform) == before - 1
    for review in (same, different):
        undone = steward.post(f"/api/v1/empi/reviews/{review}/undo", json={"reason": "看错了"})
        assert (undone.status_code, undone.json["state"]) == (200, "open"), undone.text
    assert persons(platform) == before
    again = steward.post(f"/api/v1/empi/reviews/{same}/undo", json={})
    assert again.json["error"]["code"] == "empi.not_answered"
    for review in (same, different):
        assert steward.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"}).json["state"] == "closed"
    assert persons(platform) == before - 2, "what was kept apart by mistake can be joined after all"


def test_a_second_steward_is_led_to_what_waits_for_one(
    platform: Platform, as_principal: Callable[..., Any], questions: int
) -> None:
    first, second = as_principal(name="甲"), as_principal(name="乙")
    first.put("/api/v1/empi/policies/4115", json={"two_persons": True})
    for link in review_links(first.get("/console/empi/reviews").text):
        first.post(f"/api/v1/empi/reviews/{link.rsplit('/', 1)[1]}/answer", json={"verdict": "same"})
    assert first.get("/console/empi/reviews/next").headers["Location"] == "/console/empi/reviews"
    waiting = second.get("/console/empi/reviews/next").headers["Location"]
    assert "已判定“同一人”，需另一人" in second.get(waiting).text
    review = waiting.rsplit("/", 1)[1]
    assert second.post(f"/api/v1/empi/reviews/{review}/undo", json={}).status_code == 409, (
        "another's answer is not his to take back"
    )
    assert first.post(f"/api/v1/empi/reviews/{review}/undo", json={}).json["state"] == "open"
    assert first.get("/console/empi/reviews/next").headers["Location"] == waiting


def test_a_tenant_chooses_its_own_caution(platform: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal()
    changed = steward.put("/api/v1/empi/policies/411502", json={"certain_from": 58.0, "rules": ["T02"]}).json
    assert (changed["certain_from"], changed["two_persons"], changed["rules"]) == (58.0, False, ["T02"])
    with platform.database.unit_of_work(system_scope("test")) as session:
        outcomes = [register(session, [raw])[0].outcome for raw in _twice("欧阳明轩", "H1", "H3")]
        elsewhere = [register(session, [raw])[0].outcome for raw in _twice("诸葛思齐", "H5", "H6")]
    assert outcomes == ["new", "possible"], "in the cautious county a person looks"
    assert elsewhere[1] == "certain"
    page = steward.get("/console/empi/policy?tenant=411502")
    assert page.status_code == 200 and 'value="58.0"' in page.text
    assert steward.put("/api/v1/empi/policies/411502", json={"possible_from": 30.0, "certain_from": 20.0}).status_code == 422
    assert steward.put("/api/v1/empi/policies/411502", json={"rules": ["M07"]}).status_code == 422
    assert steward.put("/api/v1/empi/policies/x1", json={}).status_code == 422
    emptied = steward.put("/api/v1/empi/policies/411502", data={"certain_from": "", "two_persons": "true"}).json
    assert (emptied["certain_from"], emptied["two_persons"], emptied["rules"]) == (None, True, []), (
        "an emptied field is the city's"
    )


def _twice(name: str, *institutions: str) -> list[RawIdentity]:
    """Somebody whom no number names, registered at several places."""
    bare = {"name": name, "birth_date": "1990-06-07", "id_no": "", "card_no": "", "phone": "13912340987"}
    return [at(WANG, institution, f"bare-{name}", **bare) for institution in institutions]


def test_an_overlay_is_accepted_or_rejected(platform: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal()
    other = replace(ZHAO, institution="H1", local_id="1001", source_time="2025-06-01")
    with platform.database.unit_of_work(system_scope("test")) as session:
        first = register(session, [WANG, at(WANG, "H2", "5")])[0]
        review = register(session, [other])[0].review_ids[0]
    page = steward.get(f"/console/empi/reviews/{review}").text
    assert "原有信息" in page and "赵鹏飞" in page and "王建国" in page
    assert steward.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "same"}).status_code == 422
    assert steward.post(f"/api/v1/empi/reviews/{review}/answer", json={"verdict": "accept"}).status_code == 200
    with platform.database.unit_of_work(system_scope("test")) as session:
        assert clusters(session) == {frozenset({("H1", "1001")}), frozenset({("H2", "5")})}
        again = register(session, [replace(other, phone="15903760000", source_time="2025-07-01")])[0]
    assert again.outcome == "new" and again.shelf == first.shelf


def test_a_person_page_splits_merges_and_undoes(platform: Platform, as_principal: Callable[..., Any]) -> None:
    steward = as_principal()
    with platform.database.unit_of_work(system_scope("test")) as session:
        results = register(session, [WANG, at(WANG, "H2", "5", phone="13800001111", source_time="2025-01-01")])
    person = results[0].person_id
    page = steward.get(f"/console/empi/persons/{person}")
    assert page.status_code == 200 and "13800001111" in page.text and "13703761234" in page.text and "最近更新" in page.text
    split = steward.post(
        f"/api/v1/persons/{person}/split", data={"patient_keys": [str(results[1].patient_key)], "reason": "非本人"}
    )
    assert split.status_code == 200, split.text
    other = split.json["others"][0]
    refused = steward.post("/api/v1/persons/merges", json={"left": str(person), "right": other})
    assert refused.json["error"]["code"] == "empi.kept_apart"
    merged = steward.post("/api/v1/persons/merges", json={"left": str(person), "right": other, "overrule": True})
    assert merged.status_code == 201
    undone = steward.post(f"/api/v1/persons/merges/{merged.json['decision_id']}/undo", json={})
    assert undone.status_code == 200
    kinds = [one["kind"] for one in steward.get(f"/api/v1/persons/{person}/history").json]
    assert {"link", "split", "merge", "unmerge"} <= set(kinds)


def test_quality_is_estimated_from_judged_samples(platform: Platform, as_principal: Callable[..., Any], questions: int) -> None:
    steward = as_principal()
    with platform.database.unit_of_work(system_scope("test")) as session:
        register(session, [at(raw, "H2", raw.local_id) for raw in people(20)[::2]])
    empty = steward.get("/console/empi/quality")
    assert empty.status_code == 200 and "待判定" in empty.text and "<svg" in empty.text
    drawn = steward.post("/api/v1/empi/samples", json={"per_stratum": 5})
    assert drawn.status_code == 201 and drawn.json["pairs"] > 5, drawn.text
    for _ in range(drawn.json["pairs"]):
        page = steward.get("/console/empi/quality/sample").text
        sample = re.search(r"/api/v1/empi/samples/(\d+)", page)
        assert sample is not None and "证据(比特)" not in page
        assert steward.post(f"/api/v1/empi/samples/{sample[1]}", data={"verdict": "same"}).status_code == 200
    assert "本轮样本已全部判定" in steward.get("/console/empi/quality/sample").text
    assert "100.00%" in steward.get("/console/empi/quality").text


def test_samples_of_the_whole_index_are_the_citys_to_draw(as_principal: Callable[..., Any], questions: int) -> None:
    city, county = as_principal(), as_principal(division="411502")
    assert city.post("/api/v1/empi/samples", json={"per_stratum": 5}).status_code == 201
    refused = county.post("/api/v1/empi/samples", json={"per_stratum": 5})
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "empi.sample_city_only")
    reader = as_principal(permissions={"empi.quality.read"})
    form, judging = 'action="/api/v1/empi/samples"', 'href="/console/empi/quality/sample"'
    for caller, shown in ((city, (True, True)), (county, (False, False)), (reader, (False, False))):
        page = caller.get("/console/empi/quality").text
        assert (form in page, judging in page) == shown


def test_a_model_is_trained_reviewed_and_activated(platform: Platform, as_principal: Callable[..., Any], questions: int) -> None:
    steward = as_principal()
    trained = steward.post("/api/v1/empi/models", json={"sample": 100})
    assert trained.status_code == 201, trained.text
    assert trained.json["state"] == "draft" and trained.json["trained_on"] == 100
    assert "与现用权重的差别" in steward.get(f"/console/empi/models/{trained.json['id']}").text
    assert steward.post(f"/api/v1/empi/models/{trained.json['id']}/activate").json["state"] == "active"
    with platform.database.unit_of_work(system_scope("test")) as session:
        newcomer = register(session, [at(WANG, "H9", "1")])[0]
    history = steward.get(f"/api/v1/persons/{newcomer.person_id}/history").json
    assert history[0]["rule_version"] == trained.json["version"]
    assert steward.get("/console/empi/models").status_code == 200
