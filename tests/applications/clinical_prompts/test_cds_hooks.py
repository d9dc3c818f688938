"""The CDS Hooks 2.0 service, called as a hospital's system calls it: signed tokens, FHIR orders, prefetched resources."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from applications.clinical_prompts.cds.cards import suggestion_id
from health_platform.kernel import clock
from tests.applications.clinical_prompts.conftest import City, Hospital, made_hospital
from tests.journeys.patient import local_id

pytestmark = pytest.mark.system("C08")
SIGN, SELECT, VIEW = "/cds-services/orders-signed", "/cds-services/orders-selected", "/cds-services/patient-opened"


def medicine(name: str, identity: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": identity, "status": "draft", "intent": "order",
        "medicationCodeableConcept": {"text": name}, **more,
    }  # fmt: skip


def service(name: str, identity: str) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "id": identity, "status": "draft", "intent": "order", "code": {"text": name}}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def hook(name: str, *orders: dict[str, Any], prefetch: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    """A request body as the specification gives it, with what clients add to it."""
    return {
        "hook": name, "hookInstance": str(uuid4()), "fhirServer": "https://his.example.org/fhir",
        "fhirAuthorization": {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"},
        "context": {
            "userId": "Practitioner/6021", "patientId": local_id(1), "encounterId": f"Encounter/{uuid4().hex[:10]}",
            "draftOrders": bundle(*orders), **context,
        },
        "prefetch": prefetch or {}, "extension": {"com.example": 1},
    }  # fmt: skip


def test_discovery_names_services_hooks_and_prefetch(city: City) -> None:
    answer = city.nobody().get("/cds-services", base_url=city.url)
    assert answer.status_code == 200
    services = answer.json["services"]
    assert {one["hook"] for one in services} == {"order-select", "order-sign", "patient-view"}
    for one in services:
        assert one["id"] and one["description"] and one["title"]
        assert one["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_signing_orders_gives_cards_as_the_specification_wants_them(hospital: Hospital) -> None:
    answer = hospital.call(SIGN, hook("order-sign", medicine("阿莫西林胶囊", "m1"), service("胸部CT平扫", "s1")))
    assert answer.status_code == 200, answer.json
    cards = answer.json["cards"]
    assert [one["indicator"] for one in cards] == ["critical", "warning", "warning"]
    for one in cards:
        assert one["uuid"] and 0 < len(one["summary"]) < 140 and one["source"]["label"]
        assert one["indicator"] in ("info", "warning", "critical")
        assert all(reason["display"] and reason["code"] and reason["system"] for reason in one["overrideReasons"])
        assert one["selectionBehavior"] == "at-most-one"
        assert not [key for key, value in one.items() if value in (None, "", [], {})]
    assert cards[0]["suggestions"][0]["actions"] == [
        {"type": "delete", "description": "取消该医嘱", "resourceId": "MedicationRequest/m1"}
    ]
    assert "信阳市中心医院" in cards[0]["detail"] and cards[2]["source"]["topic"]["code"] == "repeat_exam"


def test_selecting_an_order_prompts_about_it_and_knows_the_others(hospital: Hospital) -> None:
    orders = (medicine("贝那普利片", "m1"), medicine("缬沙坦胶囊", "m2"), medicine("阿莫西林胶囊", "m3"))
    body = hook("order-select", *orders, selections=["MedicationRequest/m1"])
    (card,) = hospital.call(SELECT, body).json["cards"]
    assert card["summary"] == "贝那普利片 与 缬沙坦胶囊 相互作用"


def test_opening_a_patient(hospital: Hospital) -> None:
    cards = hospital.call(VIEW, hook("patient-view")).json["cards"]
    assert cards[0]["summary"] == "患者有过敏史：阿莫西林、磺胺" and "suggestions" not in cards[0]


def test_what_the_hospital_prefetches_is_used_beside_the_city_record(hospital: Hospital) -> None:
    prefetch = {
        "patient": {"resourceType": "Patient", "id": local_id(1), "gender": "female", "birthDate": "1995-01-01"},
        "conditions": bundle({
            "resourceType": "Condition", "recordedDate": clock.today().isoformat(),
            "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "Z33", "display": "妊娠状态"}]},
        }, {
            "resourceType": "Condition", "clinicalStatus": {"coding": [{"code": "resolved"}]},
            "code": {"coding": [{"code": "J45.9", "display": "支气管哮喘"}]},
        }),
        "medications": bundle({**medicine("非洛地平缓释片", "old"), "status": "active"}),
        "allergies": None,
    }  # fmt: skip
    orders = (medicine("缬沙坦胶囊", "m1"), medicine("硝苯地平控释片", "m2"), medicine("普萘洛尔片", "m3"))
    cards = hospital.call(SIGN, hook("order-sign", *orders, prefetch=prefetch)).json["cards"]
    assert [one["summary"] for one in cards] == [
        "妊娠状态，不宜使用 缬沙坦胶囊",
        "硝苯地平控释片 与 非洛地平缓释片 同属二氢吡啶类钙通道阻滞药",
    ]
    assert "固始县人民医院" in cards[1]["detail"]


def test_the_same_hook_instance_gets_the_same_cards(hospital: Hospital) -> None:
    body = hook("order-sign", medicine("阿莫西林胶囊", "m1"))
    first, again = (hospital.call(SIGN, body).json["cards"] for _ in range(2))
    assert first == again


def test_a_medical_record_number_finds_the_patient_behind_an_internal_id(hospital: Hospital) -> None:
    number = {"type": {"coding": [{"code": "MR"}]}, "value": local_id(1)}
    prefetch = {"patient": {"resourceType": "Patient", "id": "internal-77", "identifier": [number]}}
    body = hook("order-sign", medicine("阿莫西林胶囊", "m1"), prefetch=prefetch, patientId="internal-77")
    assert [one["indicator"] for one in hospital.call(SIGN, body).json["cards"]] == ["critical", "warning"]
    unknown = hook("order-sign", medicine("阿莫西林胶囊", "m1"), patientId="internal-78")
    assert hospital.call(SIGN, unknown).json["cards"] == []


def test_feedback_is_kept_for_the_statistics(city: City, hospital: Hospital) -> None:
    cards = hospital.call(SIGN, hook("order-sign", medicine("阿莫西林胶囊", "m1"), service("胸部CT", "s1"))).json["cards"]
    said = {
        "feedback": [
            {"card": cards[0]["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-20T01:00:00Z",
             "acceptedSuggestions": [{"id": suggestion_id(cards[0]["uuid"])}]},
            {"card": cards[2]["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-20T01:00:00Z",
             "overrideReason": {"reason": cards[2]["overrideReasons"][0], "userComment": "术前"}},
        ]
    }  # fmt: skip
    assert hospital.call(f"{SIGN}/feedback", said).status_code == 200
    again = hospital.call(SIGN, hook("order-sign", service("胸部CT", "s1")))
    assert len(again.json["cards"]) == 1  # another encounter
    other = made_hospital(city, 2)
    assert other.call(f"{SIGN}/feedback", said).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hook": "order-select"}, "hook"), ({"hookInstance": "1"}, "hookInstance"), ({"context": None}, "context"),
        ({"context": {"userId": "Practitioner/1"}}, "context.patientId"),
        ({"context": {"userId": "Practitioner/1", "patientId": "P001"}}, "context.draftOrders"),
        ({"context": {"userId": "1", "patientId": "P001", "draftOrders": bundle({"resourceType": "MedicationRequest"})}},
         "context.draftOrders.entry[0].resource.id"),
        ({"context": {"userId": "1", "patientId": "P001", "draftOrders": bundle(
            {"resourceType": "MedicationRequest", "id": "m", "medicationReference": {"reference": "Medication/1"}})}},
         "context.draftOrders.entry[0].resource.medicationCodeableConcept"),
        ({"context": {"userId": "1", "patientId": "P001", "draftOrders": bundle(
            {"resourceType": "ServiceRequest", "id": "s", "code": {"coding": [{"code": "1"}]}})}},
         "context.draftOrders.entry[0].resource.code"),
        ({"prefetch": {"medications": "none"}}, "prefetch.medications"),
    ],
)  # fmt: skip
def test_a_faulty_request_names_the_element(hospital: Hospital, change: dict[str, Any], field: str) -> None:
    answer = hospital.call(SIGN, {**hook("order-sign", medicine("阿莫西林胶囊", "m1")), **change})
    assert answer.status_code == 422
    facts = answer.json["error"]["facts"]
    assert field in ([facts["field"]] if "field" in facts else [one["field"] for one in facts["findings"]])


def test_other_kinds_of_orders_are_left_alone(hospital: Hospital) -> None:
    diet = {"resourceType": "NutritionOrder", "id": "n1", "status": "draft"}
    assert hospital.call(SIGN, hook("order-sign", diet)).status_code == 200


# -- who may call


def body() -> dict[str, Any]:
    return hook("order-sign", medicine("阿莫西林胶囊", "m1"))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example.org"}, {"aud": "https://platform.example.org/cds-services/orders-signed"},
        {"aud": None}, {"exp": 1}, {"jti": None}, {"jti": "x" * 65}, {"tenant": "another-hospital"}, {"iat": None},
        {"exp": 4_000_000_000},
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_refused(hospital: Hospital, change: dict[str, Any]) -> None:
    assert hospital.call(SIGN, body(), hospital.bearer(SIGN, **change)).status_code == 401


def test_a_token_counts_once_and_for_one_service(hospital: Hospital) -> None:
    header = hospital.bearer(SIGN)
    assert hospital.call(SIGN, body(), header).status_code == 200
    assert hospital.call(SIGN, body(), header).status_code == 409
    assert hospital.call(SIGN, body(), hospital.bearer(VIEW)).status_code == 401


def test_other_keys_algorithms_and_no_token_are_refused(city: City, hospital: Hospital) -> None:
    stranger = made_hospital(city, 1)
    forged = {**stranger.bearer(SIGN, tenant=hospital.client_key, iss=hospital.origin)}
    assert hospital.call(SIGN, body(), forged).status_code == 401
    claims = {"iss": hospital.origin, "aud": city.url + SIGN, "iat": 1, "exp": 2, "jti": "1"}
    shared = jwt.encode({"alg": "HS256", "kid": "k1"}, claims, OctKey.import_key("0" * 32))
    assert hospital.call(SIGN, body(), {"Authorization": f"Bearer {shared}"}).status_code == 401
    assert hospital.call(SIGN, body(), {}).status_code == 401
    assert hospital.call(SIGN, body(), {"Authorization": "Bearer hpt_x"}).status_code == 401


def test_a_hospital_that_is_switched_off_is_refused(city: City, hospital: Hospital) -> None:
    admin = city.acting(permissions={"launch.client.list", "launch.client.create"})
    mine = next(one for one in admin.get("/api/v1/launch/clients").json if one["client_key"] == hospital.client_key)
    assert hospital.call(SIGN, body()).status_code == 200
    admin.post(f"/api/v1/launch/clients/{mine['id']}/switch")
    assert hospital.call(SIGN, body()).status_code == 401


def test_two_hospitals_of_one_origin_and_key_cannot_be_told_apart_without_a_tenant(city: City, hospital: Hospital) -> None:
    other = made_hospital(city, 2, hospital.origin)
    assert hospital.call(SIGN, body(), hospital.bearer(SIGN, tenant=None)).status_code == 200  # the keys differ
    assert other.call(SIGN, body(), other.bearer(SIGN)).status_code == 200


def test_the_token_opens_nothing_else(hospital: Hospital) -> None:
    answer = hospital.city.nobody().get(
        "/api/v1/prompts/statistics", headers=hospital.bearer("/api/v1/prompts/statistics"), base_url=hospital.city.url
    )
    assert answer.status_code == 401
