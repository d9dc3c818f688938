"""Single sign-on as a stock OpenID Connect client sees it, over a real socket."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from werkzeug.serving import make_server

from health_platform.access.api import NewClient, create_client, end_sessions_of
from health_platform.access.clients.models import Client, Token
from health_platform.access.signin.sessions import SessionEnded
from health_platform.access.sso import keys
from health_platform.access.sso.logout import SingleLogout
from health_platform.app import application
from health_platform.kernel.errors import Upstream
from health_platform.kernel.outbox import OutboxEvent
from health_platform.settings import Settings
from tests.access.conftest import PASSWORD, Region, build

pytestmark = pytest.mark.system("B01", "A20")


@dataclass
class Site:
    """A platform on a port of its own, and a relying system that hears logout notices."""

    region: Region
    issuer: str
    relying: str
    heard: list[str] = field(default_factory=list)

    def client(self, **changes: Any) -> OAuth2Session:
        metadata = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=60).json()
        options = {"redirect_uri": f"{self.relying}/cb", "scope": "openid profile", "code_challenge_method": "S256"}
        made = OAuth2Session("portal", self.secret, **{**options, **changes})
        made.metadata.update(metadata)
        return made

    secret: str = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(region_home: Path, tmp_path: Path) -> Iterator[Site]:
    shutil.copytree(region_home, tmp_path / "home")
    heard: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *parts: Any) -> None:
            """Quiet."""

    receiver, port = HTTPServer(("127.0.0.1", 0), Receiver), free_port()
    relying, issuer = f"http://127.0.0.1:{receiver.server_port}", f"http://127.0.0.1:{port}"
    platform = build(Settings(home=tmp_path / "home", components="browser_ui", public_url=issuer))
    server = make_server("127.0.0.1", port, application(platform), threaded=True)
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in (server, receiver)]
    for thread in threads:
        thread.start()
    made = Site(Region(platform, None), issuer, relying, heard)
    with made.region.work() as session:
        new = NewClient(
            "portal",
            "门户",
            "411500000000",
            with_secret=True,
            redirect_uris=(f"{relying}/cb",),
            logout_uris=(f"{relying}/bye",),
            backchannel_uri=f"{relying}/backchannel",
        )
        made.secret = create_client(session, new, 0)[1] or ""
    yield made
    for one in (server, receiver):
        one.shutdown()
        one.server_close()
    platform.database.close()


def sign_in(site: Site, browser: requests.Session, start: str) -> str:
    """Follow the browser from the relying system through the login back to it; returns the callback address."""
    page = browser.get(start, timeout=10, headers={"Accept": "text/html"})
    hidden = re.search(r'name="next" value="([^"]*)"', page.text)
    assert hidden is not None
    target = hidden.group(1).replace("&amp;", "&")
    form = {"login_name": "physician", "password": PASSWORD, "next": target}
    onward = browser.post(f"{site.issuer}/login", data=form, timeout=10, headers={"Accept": "text/html"})
    refresh = re.search(r"url=([^\"]*)\"", onward.text)
    assert refresh is not None, onward.text
    back = browser.get(site.issuer + refresh.group(1).replace("&amp;", "&"), timeout=10, allow_redirects=False)
    return str(back.headers["Location"])


VERIFIER = "v" * 50


def begin(site: Site, client: OAuth2Session, **extra: str) -> str:
    options = {"code_verifier": VERIFIER, "nonce": "n-1", **extra}
    url, _ = client.create_authorization_url(f"{site.issuer}/oidc/authorize", **options)
    return str(url)


def redeem(site: Site, client: OAuth2Session, callback: str, **changes: Any) -> dict[str, Any]:
    options = {"authorization_response": callback, "code_verifier": VERIFIER, **changes}
    return dict(client.fetch_token(f"{site.issuer}/oidc/token", **options))


def test_a_stock_client_signs_a_person_in_and_out_everywhere(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    callback = sign_in(site, browser, begin(site, client, state="s-1"))
    assert callback.startswith(f"{site.relying}/cb?")
    assert parse_qs(urlsplit(callback).query)["state"] == ["s-1"]
    token = redeem(site, client, callback, state="s-1")
    published = KeySet.import_key_set(requests.get(f"{site.issuer}/oidc/jwks", timeout=60).json())
    claims = jwt.decode(token["id_token"], published, algorithms=["RS256"]).claims
    person = str(site.region.id_of("physician"))
    assert (claims["iss"], claims["aud"], claims["sub"], claims["nonce"]) == (site.issuer, ["portal"], person, "n-1")
    info = client.get(f"{site.issuer}/oidc/userinfo").json()
    assert (info["sub"], info["name"], info["institution_id"]) == (person, "张三", "12")
    assert "id_no" not in json.dumps(info)

    second = site.client()
    again = browser.get(begin(site, second, nonce="n-2"), timeout=10, allow_redirects=False).headers["Location"]
    assert again.startswith(f"{site.relying}/cb?code=")  # one login for all systems

    leave = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": f"{site.relying}/bye", "state": "z"}
    gone = browser.get(f"{site.issuer}/oidc/logout", params=leave, timeout=10, allow_redirects=False)
    assert gone.headers["Location"] == f"{site.relying}/bye?state=z"
    deliver(site)
    notice = jwt.decode(site.heard[0], published, algorithms=["RS256"]).claims
    assert (notice["sid"], notice["sub"]) == (claims["sid"], person)
    assert "http://schemas.openid.net/event/backchannel-logout" in notice["events"]
    assert client.get(f"{site.issuer}/oidc/userinfo").status_code == 401
    assert "/login" in browser.get(begin(site, site.client(), nonce="n-3"), timeout=10, allow_redirects=False).headers["Location"]


def deliver(site: Site) -> None:
    """What the worker does with the events of ended sessions."""
    with site.region.work() as session:
        rows = session.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "access.session_ended")).all()
    for payload in rows:
        SingleLogout(site.region.platform)(site.region.platform, SessionEnded(**payload))


def test_ending_the_session_by_an_administrator_logs_out_everywhere(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    redeem(site, client, sign_in(site, browser, begin(site, client)))
    token = browser.cookies.get("hp_session")
    assert token
    with site.region.work() as session:
        assert end_sessions_of(session, site.region.id_of_in(session, "physician"), "locked") == 1
    deliver(site)
    assert len(site.heard) == 1
    assert client.get(f"{site.issuer}/oidc/userinfo").status_code == 401


def test_a_relying_system_that_is_away_is_told_again(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    redeem(site, client, sign_in(site, browser, begin(site, client)))
    with site.region.work() as session:
        session.scalars(select(Client).where(Client.code == "portal")).one().backchannel_uri = "http://127.0.0.1:9/x"
        end_sessions_of(session, site.region.id_of_in(session, "physician"), "locked")
    with pytest.raises(Upstream):
        deliver(site)


def test_a_code_counts_once_and_reuse_ends_what_it_gave(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    callback = sign_in(site, browser, begin(site, client))
    redeem(site, client, callback)
    assert client.get(f"{site.issuer}/oidc/userinfo").status_code == 200
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(callback).query)["code"][0],
        "redirect_uri": f"{site.relying}/cb",
        "code_verifier": VERIFIER,
    }
    again = requests.post(f"{site.issuer}/oidc/token", data=form, auth=("portal", site.secret), timeout=60)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert client.get(f"{site.issuer}/oidc/userinfo").status_code == 401


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 50}, {"redirect_uri": "http://127.0.0.1:1/cb"}, {"code": "guess"}, {"secret": "wrong"}]
)
def test_a_code_needs_verifier_address_and_client(site: Site, change: dict[str, str]) -> None:
    browser, client = requests.Session(), site.client()
    callback = sign_in(site, browser, begin(site, client))
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(callback).query)["code"][0],
        "redirect_uri": f"{site.relying}/cb",
        "code_verifier": VERIFIER,
    }
    secret = change.pop("secret", site.secret)
    refused = requests.post(f"{site.issuer}/oidc/token", data={**form, **change}, auth=("portal", secret), timeout=60)
    assert refused.status_code in (400, 401)
    with site.region.work() as session:
        assert session.scalars(select(Token)).all() == []


def test_requests_without_pkce_s256_or_with_other_addresses_never_get_a_code(site: Site) -> None:
    browser = requests.Session()
    base = {"response_type": "code", "client_id": "portal", "redirect_uri": f"{site.relying}/cb", "scope": "openid", "state": "s"}
    pkce = {"code_challenge": "a" * 43, "code_challenge_method": "S256"}
    bad = [
        base,
        {**base, **pkce, "code_challenge_method": "plain"},
        {**base, **pkce, "response_type": "token"},
        {**base, **pkce, "response_type": "code id_token"},
        {**base, **pkce, "redirect_uri": f"{site.relying}/cb2"},
        {**base, **pkce, "redirect_uri": f"{site.relying}.evil.example/cb"},
        {**base, **pkce, "client_id": "nobody"},
    ]
    callback = sign_in(site, browser, begin(site, site.client()))
    assert "code=" in callback
    for query in bad:
        answer = browser.get(f"{site.issuer}/oidc/authorize", params=query, timeout=10, allow_redirects=False)
        location = answer.headers.get("Location", "")
        assert "code=" not in location.replace("response_code", "")
        assert not location or location.startswith((f"{site.relying}/cb?error=", f"{site.relying}/cb#error="))


def test_logout_goes_back_only_to_registered_addresses(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    token = redeem(site, client, sign_in(site, browser, begin(site, client)))
    for hint, target in (
        ("", f"{site.relying}/bye"),
        ("a.b.c", f"{site.relying}/bye"),
        (token["id_token"], "https://evil.example/"),
    ):
        query = {"id_token_hint": hint, "post_logout_redirect_uri": target}
        answer = browser.get(f"{site.issuer}/oidc/logout", params=query, timeout=10, allow_redirects=False)
        assert answer.headers["Location"] == "/login"


def test_a_persons_token_gives_no_rights_on_the_platform(site: Site) -> None:
    browser, client = requests.Session(), site.client()
    redeem(site, client, sign_in(site, browser, begin(site, client)))
    me = client.get(f"{site.issuer}/api/v1/access/session").json()
    assert (me["kind"], me["permissions"]) == ("user", [])
    assert client.get(f"{site.issuer}/api/v1/access/users").status_code == 403
    revoked = requests.post(f"{site.issuer}/oidc/revoke", data={"token": client.token["access_token"]}, timeout=60)
    assert revoked.status_code == 200
    assert client.get(f"{site.issuer}/oidc/userinfo").status_code == 401


def test_a_code_given_before_signing_out_gives_nothing_after_it(site: Site) -> None:
    client = site.client()
    callback = sign_in(site, requests.Session(), begin(site, client))
    with site.region.work() as session:
        end_sessions_of(session, site.region.id_of_in(session, "physician"), "logout")
    with pytest.raises(OAuthError):
        redeem(site, client, callback)


def test_keys_rotate_with_the_old_one_still_published(site: Site) -> None:
    before = requests.get(f"{site.issuer}/oidc/jwks", timeout=60).json()["keys"]
    with site.region.work() as session:
        made = keys.rotate(session)
    after = requests.get(f"{site.issuer}/oidc/jwks", timeout=60).json()["keys"]
    assert {key["kid"] for key in after} == {key["kid"] for key in before} | {made}
    assert not any({"d", "p", "q"} & set(key) for key in after)
    stored = (site.region.platform.settings.home / "platform.db").read_bytes()
    assert b'"kty": "RSA", "n"' not in stored
