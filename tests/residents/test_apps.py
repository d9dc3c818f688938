"""Mini-programme servers: consent by the resident, code with PKCE, renewal, scopes, withdrawal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from health_platform.kernel import clock
from tests.residents.conftest import PEOPLE
from tests.support.principals import CallerClient

pytestmark = pytest.mark.system("I01", "B01")

FANG, GUO, _ = PEOPLE
API = "/api/v1/resident"
APP = {"code": "health-mini", "name": "健康信阳", "kind": "resident", "redirect_uris": "https://mini.example/back",
       "scopes": "record.visits record.reports", "confidential": True}  # fmt: skip
VERIFIER = "k" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
SignedIn = Callable[[str], dict[str, str]]


@pytest.fixture
def secret(as_principal: Callable[..., CallerClient]) -> str:
    """The app is registered; its shared secret."""
    answer = as_principal().post("/api/v1/launch/apps", json=APP)
    assert answer.status_code == 201, answer.json
    return str(answer.json["password"])


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "agreed": True, "response_type": "code", "client_id": APP["code"], "redirect_uri": APP["redirect_uris"], "state": "s",
        "scope": "record.visits", "code_challenge": CHALLENGE, "code_challenge_method": "S256", **changes,
    }  # fmt: skip


def agreed(client: CallerClient, bearer: dict[str, str], **changes: Any) -> dict[str, str]:
    answer = client.post(f"{API}/authorizations", headers=bearer, data=asked(**changes))
    assert answer.status_code == 200, answer.json
    assert answer.json["location"].startswith(str(APP["redirect_uris"]))
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.json["location"]).query).items()}


def redeem(client: CallerClient, secret: str, **form: str) -> Any:
    shown = base64.b64encode(f"{APP['code']}:{secret}".encode()).decode()
    return client.post(f"{API}/oauth/token", data=form, headers={"Authorization": f"Basic {shown}"})


def first(client: CallerClient, secret: str, code: str) -> Any:
    return redeem(client, secret, grant_type="authorization_code", code=code, redirect_uri=str(APP["redirect_uris"]),
                  code_verifier=VERIFIER)  # fmt: skip


def reach(client: CallerClient, token: str, path: str = "/record/visits") -> int:
    """404: the request came through to the record (which these persons do not have); 401 and 403: it did not."""
    return int(client.get(f"{API}{path}", headers={"Authorization": f"Bearer {token}"}).status_code)


def test_a_resident_lets_an_app_read_exactly_what_was_agreed(client: CallerClient, signed_in: SignedIn, secret: str) -> None:
    fang = signed_in(FANG)
    token = first(client, secret, agreed(client, fang)["code"]).json
    assert token["scope"] == "record.visits" and token["expires_in"] == 3600
    assert reach(client, token["access_token"]) == 404
    for path in ("/record/reports", "/record/costs", "/me", "/views", "/family"):
        assert reach(client, token["access_token"], path) == 403, path
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.post(f"{API}/hidden", headers=bearer, json={"kinds": []}).status_code == 403


def test_a_refusal_and_a_broken_request_give_no_code(client: CallerClient, signed_in: SignedIn, secret: str) -> None:
    fang = signed_in(FANG)
    assert agreed(client, fang, agreed=False)["error"] == "access_denied"
    for changes in ({"redirect_uri": "https://evil.example/"}, {"client_id": "nobody"}, {"code_challenge_method": "plain"}):
        answer = client.post(f"{API}/authorizations", headers=fang, data=asked(**changes))
        assert answer.status_code == 422 or "error" in answer.json["location"], changes
    assert client.post(f"{API}/authorizations", data=asked()).status_code == 401


def test_only_the_server_with_its_secret_redeems_once(client: CallerClient, signed_in: SignedIn, secret: str) -> None:
    code = agreed(client, signed_in(FANG))["code"]
    assert first(client, "wrong", code).status_code in (400, 401)
    assert first(client, secret, code).status_code == 200
    assert first(client, secret, code).status_code == 400


def test_a_token_is_renewed_and_the_old_one_ends(client: CallerClient, signed_in: SignedIn, secret: str) -> None:
    token = first(client, secret, agreed(client, signed_in(FANG))["code"]).json
    renewal = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    with clock.travel(clock.now() + timedelta(hours=2)):
        assert reach(client, token["access_token"]) == 401
        newer = redeem(client, secret, **renewal).json
        assert reach(client, newer["access_token"]) == 404
        assert redeem(client, secret, **renewal).status_code == 400


def test_the_resident_sees_and_ends_what_was_given(client: CallerClient, signed_in: SignedIn, secret: str) -> None:
    fang, guo = signed_in(FANG), signed_in(GUO)
    token = first(client, secret, agreed(client, fang, scope="record.visits record.reports")["code"]).json
    given = client.get(f"{API}/apps", headers=fang).json
    assert [(one["name"], one["scopes"]) for one in given] == [("健康信阳", ["就诊", "检验检查报告"])]
    assert client.get(f"{API}/apps", headers=guo).json == []
    client.post(f"{API}/apps/{given[0]['app_id']}/end", headers=guo)
    assert reach(client, token["access_token"]) == 404
    assert client.post(f"{API}/apps/{given[0]['app_id']}/end", headers=fang).status_code == 204
    assert reach(client, token["access_token"]) == 401
    renewed = redeem(client, secret, grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert renewed.status_code == 400 and client.get(f"{API}/apps", headers=fang).json == []
