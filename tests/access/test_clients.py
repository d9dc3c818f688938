"""Institutions' systems: signed assertions, bearer tokens, signed requests."""

from __future__ import annotations

import base64
import shutil
import subprocess
import textwrap
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from health_platform.access.api import NewClient, create_client, ensure_first_administrators, grant_by_platform
from health_platform.access.authority.definitions.roles import BY_CODE
from health_platform.access.authority.evaluate import Cell
from health_platform.access.clients import signatures
from health_platform.access.clients.assertions import ASSERTION_TYPE
from health_platform.access.clients.service import bind_certificate, exact_address, switch_client
from health_platform.access.clients.signatures import Signed
from health_platform.access.signin import certificates
from health_platform.app import application
from health_platform.kernel.crypto import sm2
from health_platform.kernel.errors import Conflict, Invalid, PlatformError
from health_platform.settings import Settings
from tests.access.certificates import made_certificate
from tests.access.conftest import UNIT_BY_ID, Region, build

pytestmark = pytest.mark.system("A20", "A22", "B01")
TOKEN = "/oidc/token"
ME = "/api/v1/access/session"


def keys_of(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def add_client(region: Region, code: str = "his-12", **changes: Any) -> tuple[int, str | None]:
    with region.work() as session:
        client, secret = create_client(session, NewClient(code, "某院信息系统", "", UNIT_BY_ID[12], **changes), 0)
        grant_by_platform(session, client.id, BY_CODE["unit_system"], Cell("411503001", unit=12))
        return client.id, secret


def assertion(key: Any, algorithm: str = "ES384", **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": "his-12",
        "sub": "his-12",
        "aud": "http://127.0.0.1:8080/oidc/token",
        "exp": now + 200,
        "iat": now,
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode({"alg": algorithm, "kid": key.kid or "none"}, {**claims, **changes}, key, algorithms=[algorithm])


def ask(region: Region, text: str) -> Any:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": text}
    return region.client().post(TOKEN, data=form)


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_signed_assertion_earns_a_token_that_acts_as_the_institution(region: Region, algorithm: str) -> None:
    parameters = {"kid": "k1"}
    key = ECKey.generate_key("P-384", parameters) if algorithm == "ES384" else RSAKey.generate_key(2048, parameters)
    client_id, _ = add_client(region, keys=keys_of(key))
    answer = ask(region, assertion(key, algorithm))
    assert answer.status_code == 200, answer.text
    assert answer.json["expires_in"] == 900
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}
    me = region.client().get(ME, headers=bearer).json
    assert (me["id"], me["kind"], me["institution_id"]) == (str(client_id), "client", "12")
    with region.work() as session:
        switch_client(session, client_id, False)
    assert region.client().get(ME, headers=bearer).status_code == 401
    assert ask(region, assertion(key, algorithm)).status_code in (400, 401)


def test_an_assertion_counts_once_is_short_and_is_for_us(region: Region) -> None:
    key, stranger = (ECKey.generate_key("P-384", {"kid": kid}) for kid in ("k1", "k1"))
    add_client(region, keys=keys_of(key))
    good = assertion(key)
    assert [ask(region, good).status_code, ask(region, good).status_code] == [200, 401]
    now = int(time.time())
    refused = [
        assertion(key, exp=now + 365 * 86400),
        assertion(key, exp=now - 10),
        assertion(key, aud="https://elsewhere.example"),
        assertion(key, sub="other"),
        assertion(key, iss="other"),
        assertion(key, jti=None),
        assertion(stranger),
        good[:-4] + "AAAA",
        "a.b.c",
        "",
    ]
    assert [ask(region, one).status_code for one in refused] == [401] * len(refused)


def test_the_algorithm_cannot_be_chosen_by_the_sender(region: Region) -> None:
    key = ECKey.generate_key("P-384", {"kid": "k1"})
    add_client(region, keys=keys_of(key))
    shared = OctKey.import_key(str(key.as_dict(private=False)["x"]).encode(), {"kid": "k1"})
    forged = assertion(shared, "HS256")
    header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
    assert ask(region, forged).status_code == 401
    assert ask(region, f"{header}.{forged.split('.')[1]}.").status_code == 401


def test_a_system_with_keys_cannot_fall_back_to_a_secret(region: Region) -> None:
    key = ECKey.generate_key("P-384", {"kid": "k1"})
    _, secret = add_client(region, keys=keys_of(key), with_secret=True)
    form = {"grant_type": "client_credentials", "client_id": "his-12", "client_secret": secret}
    assert region.client().post(TOKEN, data=form).status_code in (400, 401)


def test_other_grants_do_not_exist(region: Region) -> None:
    for grant in ("password", "implicit", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"):
        assert region.client().post(TOKEN, data={"grant_type": grant}).status_code in (400, 401)


def signed_get(region: Region, header: Any, path: str = ME, **changes: str) -> Any:
    signed = Signed(
        "GET",
        path,
        "",
        b"",
        changes.get("timestamp") or str(int(time.time())),
        changes.get("nonce") or uuid.uuid4().hex,
        "his-12",
    )
    headers = {
        signatures.CLIENT: signed.client,
        signatures.TIME: signed.timestamp,
        signatures.NONCE: signed.nonce,
        signatures.SIGNATURE: header(signed),
    }
    return region.client().get(changes.get("sent_to") or path, headers=headers)


def test_requests_signed_with_a_shared_secret(region: Region) -> None:
    _, secret = add_client(region, with_secret=True)
    assert secret is not None

    def header(signed: Signed) -> str:
        return signatures.hmac_header(signed, secret)

    assert signed_get(region, header).json["kind"] == "client"
    now = int(time.time())
    assert signed_get(region, header, nonce="once").status_code == 200
    assert signed_get(region, header, nonce="once").status_code == 401
    assert signed_get(region, header, timestamp=str(now - 400)).status_code == 401
    assert signed_get(region, header, timestamp=str(now + 400)).status_code == 401
    assert signed_get(region, header, timestamp="yesterday").status_code == 401
    assert signed_get(region, header, sent_to="/api/v1/access/menus/mine").status_code == 401
    assert signed_get(region, lambda signed: signatures.hmac_header(signed, "wrong")).status_code == 401
    assert signed_get(region, lambda signed: "HMAC-SM3 !!").status_code == 401


def test_a_signed_registration_that_is_worked_out_first_counts_once(region_home: Path, tmp_path: Path) -> None:
    """The call is begun again when it turns out to write; its nonce is spent with the act."""
    shutil.copytree(region_home, tmp_path / "home")
    platform = build(Settings(home=tmp_path / "home", components="registry,empi"))
    platform.database.create_all()
    region = Region(platform, application(platform))
    with region.work() as session:
        ensure_first_administrators(session, platform)  # there are some, but roles may do more with these components
    client_id, secret = add_client(region, with_secret=True)
    with region.work() as session:
        grant_by_platform(session, client_id, BY_CODE["data_steward"], Cell("411503001", unit=12))
    path, body = "/api/v1/identities", b'{"identities": [{"local_id": "1", "name": "\xe7\x8e\x8b\xe4\xba\x94"}]}'

    def post(nonce: str) -> Any:
        signed = Signed("POST", path, "", body, str(int(time.time())), nonce, "his-12")
        headers = {
            signatures.CLIENT: signed.client,
            signatures.TIME: signed.timestamp,
            signatures.NONCE: nonce,
            signatures.SIGNATURE: signatures.hmac_header(signed, secret or ""),
        }
        return region.client().post(path, data=body, headers=headers, content_type="application/json")

    answers = [post(nonce) for nonce in ("a", "a", "b")]
    assert [one.status_code for one in answers] == [200, 401, 200], [one.text for one in answers]
    assert [one.json[0]["outcome"] for one in answers[::2]] == ["new", "unchanged"]
    platform.database.close()


def test_the_example_of_the_guide_signs_as_the_platform_does() -> None:
    """A hospital's engineer compares the own program with it, so it is run as it stands there."""
    guide = (Path(__file__).parents[2] / "docs/guides/hospital-engineer.md").read_text(encoding="utf-8")
    script = textwrap.dedent(guide.split("   ```sh\n")[1].split("   ```")[0])
    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    body = b'{"id": "L20260301001", "patientId": "P1001"}'
    nonce = "5f1c0c8e6c2b4e0f9a7d3b2a1c0d9e8f"
    signed = Signed("POST", "/hclient/emr/receive/emrExLab", "", body, "1772330400", nonce, "his-1001")
    assert signatures.hmac_header(signed, "example-secret") == f"HMAC-SM3 {printed}"
    assert f"prints `{printed}`" in guide


def test_a_signed_read_is_not_begun_twice_for_its_nonce(region: Region, caplog: pytest.LogCaptureFixture) -> None:
    _, secret = add_client(region, with_secret=True)
    assert secret is not None
    with caplog.at_level("DEBUG", logger="health_platform.kernel.http"):
        assert signed_get(region, lambda signed: signatures.hmac_header(signed, secret)).status_code == 200
    assert [record.message for record in caplog.records if record.name == "health_platform.kernel.http"] == []


def test_requests_signed_with_sm2(region: Region) -> None:
    key, stranger = sm2.generate(), sm2.generate()
    add_client(region, keys={"keys": [], "sm2": base64.b64encode(key.public_der).decode()})
    assert signed_get(region, lambda signed: signatures.sm2_header(signed, key)).json["kind"] == "client"
    assert signed_get(region, lambda signed: signatures.sm2_header(signed, stranger)).status_code == 401


def test_a_system_is_known_by_its_certificate_and_by_no_other(proxied: Any) -> None:
    """The proxy's word counts, not a stranger's; a browser's request is never a system's; what is bound anew is void at once."""
    region = proxied("10.1.0.0/16")
    (mine, fingerprint), (newer, its_fingerprint), (strangers, _) = (made_certificate() for _ in range(3))
    client_id, _ = add_client(region, certificate=fingerprint)

    def asked(pem: str, peer: str = "10.1.2.3", **headers: str) -> Any:
        shown = {"X-Client-Cert": pem, "X-Client-Cert-Verify": "SUCCESS", **headers}
        return region.client().get(ME, headers=shown, environ_base={"REMOTE_ADDR": peer})

    me = asked(mine).json
    assert (me["id"], me["kind"], me["institution_id"], me["methods"]) == (str(client_id), "client", "12", ["certificate"])
    refused = [
        asked(strangers),
        asked(mine, "192.0.2.1"),
        asked(mine, **{"X-Client-Cert-Verify": "FAILED"}),
        asked(mine, Origin="https://elsewhere.example"),
        asked(mine, **{"Sec-Fetch-Site": "none"}),
        asked(mine, Authorization="Bearer hpt_nonsense"),
    ]
    assert [answer.status_code for answer in refused] == [401] * len(refused)
    with region.work() as session:
        bind_certificate(session, client_id, its_fingerprint)
    assert [asked(mine).status_code, asked(newer).status_code] == [401, 200]
    with pytest.raises(Conflict):
        add_client(region, "his-13", certificate=its_fingerprint)
    with region.work() as session:
        switch_client(session, client_id, False)
    assert asked(newer).status_code == 401


def test_the_proxy_sets_every_header_that_counts() -> None:
    """A header of a certificate that the proxy left alone would be the caller's own: anybody's certificate could be claimed."""
    configured = (Path(__file__).parents[2] / "deploy/nginx/health-platform.conf").read_text(encoding="utf-8")
    for name in (certificates.VERIFIED, certificates.CERTIFICATE):
        header = name.removeprefix("HTTP_").replace("_", "-").title()
        assert f"proxy_set_header {header} $ssl_client_" in configured


def test_a_bad_bearer_does_not_fall_back_to_the_cookie(region: Region) -> None:
    caller = region.sign_in("physician")
    answer = caller.client.get(ME, headers={"Authorization": "Bearer hpt_nonsense"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "http://his.example/cb",
        "https://*.example/cb",
        "https://a@b.example/",
        "https://x.example/#f",
        "javascript:alert(1)",
        "//x.example",
        "https:\\\\x.example",
    ],
)
def test_only_exact_https_addresses_are_registered(address: str) -> None:
    with pytest.raises(Invalid):
        exact_address(address)
    assert exact_address("http://127.0.0.1:9/cb") == "http://127.0.0.1:9/cb"


def test_private_weak_or_nameless_keys_are_refused(region: Region) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "w"}, auto_kid=False)
    private = ECKey.generate_key("P-384", {"kid": "p"}).as_dict(private=True)
    for keys in (keys_of(weak), {"keys": [private]}, keys_of(ECKey.generate_key("P-384")), {"keys": [], "sm2": "AAAA"}):
        with pytest.raises(PlatformError):
            add_client(region, keys=keys)


def test_a_unit_administrator_registers_the_units_system(region: Region) -> None:
    admin = region.sign_in("commission")
    body = {"code": "lis-10", "name": "检验系统", "institution_id": "10", "with_secret": True, "role": "unit_system"}
    made = admin.send("POST", "/api/v1/access/clients", body)
    assert made.status_code == 201, made.text
    assert made.json["shared_secret"]
    assert "lis-10" in {one["code"] for one in admin.get("/api/v1/access/clients").json}
    body |= {"code": "lis-20", "institution_id": "20"}
    assert admin.send("POST", "/api/v1/access/clients", body).status_code == 404
    assert made.json["shared_secret"] not in admin.get("/api/v1/access/clients").text
