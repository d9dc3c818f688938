"""Signing in: password, one-time code, certificate; throttling; sessions."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from health_platform.access.accounts import passwords
from health_platform.access.api import User, change_policy
from health_platform.access.policy import AccessPolicy
from health_platform.access.signin import login, throttle, totp
from health_platform.access.signin.certificates import trusted
from health_platform.access.signin.models import Throttle, UserSession
from health_platform.access.signin.web import safe_next
from health_platform.kernel import clock
from health_platform.kernel.audit import AuditEntry
from health_platform.kernel.errors import Invalid, TooMany
from health_platform.kernel.outbox import OutboxEvent
from health_platform.settings import Settings
from tests.access.certificates import made_certificate
from tests.access.conftest import PASSWORD, Region, build, id_number

pytestmark = pytest.mark.system("A20", "B08")
LOGIN = "/api/v1/access/session"


def test_a_right_password_opens_a_session_that_ends_at_logout(region: Region) -> None:
    caller = region.sign_in("physician")
    me = caller.get(LOGIN).json
    assert (me["name"], me["institution_id"], me["methods"]) == ("张三", "12", ["password"])
    assert caller.send("DELETE", LOGIN).status_code == 204
    assert caller.get(LOGIN).status_code == 401


def test_refusals_do_not_tell_whether_the_account_exists(region: Region) -> None:
    answers = [
        region.client().post(LOGIN, json={"login_name": name, "password": "Wrong-Horse-7x"}) for name in ("physician", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({(answer.json["error"]["code"], str(answer.json["error"]["facts"])) for answer in answers}) == 1


def test_what_was_typed_is_not_in_the_database(region: Region) -> None:
    region.client().post(LOGIN, json={"login_name": "My-Secret-77", "password": "My-Secret-77"})
    token = region.sign_in("physician").client.get_cookie("hp_session").value
    stored = (region.platform.settings.home / "platform.db").read_bytes()
    stored += (region.platform.settings.home / "platform.db-wal").read_bytes()
    assert b"My-Secret-77" not in stored
    assert PASSWORD.encode() not in stored
    assert token.encode() not in stored
    assert id_number(2).encode() not in stored


def _guess(region: Region, name: str, password: str = "Wrong-Horse-7x") -> str:
    """One guess as the edge makes it; returns the refusal's code."""
    with region.work() as session:
        try:
            login.sign_in(session, login.Attempt(name, password, "192.0.2.7"))
        except Exception as error:
            return str(getattr(error, "code", error))
    return "in"


@pytest.mark.parametrize("name", ["physician", "nobody"])
def test_many_guesses_evaluate_at_most_five(region: Region, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *both: evaluated.append(1) or real(*both))
    codes = [_guess(region, name) for _ in range(60)]
    assert len(evaluated) == 5
    assert codes[:5] == ["access.login.failed"] * 5
    assert set(codes[5:]) == {"access.login.throttled"}
    assert _guess(region, name, PASSWORD) == "access.login.throttled"


@pytest.mark.long
def test_a_hundred_thousand_guesses_evaluate_at_most_five(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *both: evaluated.append(1) or real(*both))
    for _ in range(100_000):
        _guess(region, "physician")
    assert len(evaluated) == 5


def test_the_block_survives_a_restart_ends_by_itself_and_doubles(region: Region) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with clock.travel(start):
        for _ in range(5):
            _guess(region, "physician")
    restarted = Region(build(Settings(home=region.platform.settings.home, components="")), None)
    with clock.travel(start + timedelta(minutes=14)):
        assert _guess(restarted, "physician", PASSWORD) == "access.login.throttled"
    with clock.travel(start + timedelta(minutes=16)):
        for _ in range(5):
            _guess(restarted, "physician")
    with clock.travel(start + timedelta(minutes=16 + 29)):
        assert _guess(restarted, "physician", PASSWORD) == "access.login.throttled"
    with clock.travel(start + timedelta(minutes=16 + 31)):
        assert _guess(restarted, "physician", PASSWORD) == "in"


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40))
def test_no_window_of_fifteen_minutes_evaluates_more_than_the_limit(steps: list[tuple[int, bool]]) -> None:
    """The counter as a pure sequence: whatever the rhythm, wrong guesses in a row within 15 minutes stay within 2 windows."""
    limit, row, now = throttle.Limit(5, timedelta(minutes=15)), _FakeRow(), datetime(2026, 1, 1, tzinfo=UTC)
    evaluated: list[datetime] = []
    for minutes, _ in steps:
        now += timedelta(minutes=minutes)
        if throttle.allowed(row, limit, now):
            evaluated.append(now)
    for at in evaluated:
        inside = [one for one in evaluated if at <= one < at + limit.window]
        assert len(inside) <= 5


class _FakeRow:
    """The columns of a counter, without a database."""

    def __init__(self) -> None:
        self.window_at = datetime(2026, 1, 1, tzinfo=UTC)
        self.failures, self.blocks, self.blocked_until = 0, 0, None


def test_a_spray_over_many_accounts_raises_one_alarm(region: Region) -> None:
    with region.work() as session:
        change_policy(session, {"spray_failures": 6})
    for number in range(9):
        _guess(region, f"account{number}")
    with region.work() as session:
        alarms = session.scalars(select(OutboxEvent).where(OutboxEvent.name == "access.guessing_alarm")).all()
        assert [alarm.payload["failures"] for alarm in alarms] == [6]


def test_logins_are_audited_with_the_actor(region: Region) -> None:
    region.sign_in("physician")
    region.client().post(LOGIN, json={"login_name": "physician", "password": "Wrong-Horse-7x"})
    actor = region.id_of("physician")
    with region.work() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind == "login").order_by(AuditEntry.id)).all()
        assert [(row.outcome, row.actor_id) for row in rows] == [("ok", actor), ("refused", actor)]


def enrol(region: Region, name: str) -> pyotp.TOTP:
    """Give an account a working authenticator; its first code is used up."""
    with region.work() as session:
        user = session.scalars(select(User).where(User.login_name == name)).one()
        device = pyotp.TOTP(totp.begin(session, user))
        totp.confirm(session, user, device.at(int(clock.now().timestamp())))
    return device


def test_one_time_codes_count_once_and_guesses_are_few(region: Region) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with clock.travel(start):
        device = enrol(region, "physician")
        caller = region.sign_in("physician")
        assert caller.pending == "code"
        assert caller.get(LOGIN).status_code == 401  # nobody stands behind it before the code
        used = device.at(int(start.timestamp()))
        assert caller.send("POST", f"{LOGIN}/code", {"code": used}).status_code == 422
    with clock.travel(start + timedelta(seconds=60)):
        code = device.at(int(start.timestamp()) + 60)
        answer = caller.send("POST", f"{LOGIN}/code", {"code": code})
        assert (answer.status_code, answer.json["pending"]) == (200, None)
        assert caller.get(LOGIN).json["methods"] == ["password", "totp"]
        again = region.sign_in("physician")
        answers = [again.send("POST", f"{LOGIN}/code", {"code": code}).status_code for _ in range(7)]
        assert answers == [422] * 5 + [429] * 2


def test_every_step_needs_the_token_of_its_session(region: Region) -> None:
    enrol(region, "physician")
    caller = region.sign_in("physician")
    caller.csrf = "0" * 64
    assert caller.send("POST", f"{LOGIN}/code", {"code": "123456"}).status_code == 403
    assert region.client().post(f"{LOGIN}/code", json={"code": "123456"}).status_code == 401


def test_administrators_must_enrol_a_second_factor(region: Region) -> None:
    with region.work() as session:
        change_policy(session, {"second_factor_for_admins": 1})
    caller = region.sign_in("unitadmin")
    assert caller.pending == "enrol"
    secret = caller.send("POST", f"{LOGIN}/enrolment").json["secret"]
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    assert caller.send("POST", f"{LOGIN}/enrolment/code", {"code": code}).json["pending"] is None
    assert caller.get(LOGIN).status_code == 200
    assert region.sign_in("physician").pending is None


def test_sessions_end_by_idleness_and_by_age(region: Region) -> None:
    start = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with region.work() as session:
        change_policy(session, {"idle_minutes": 60})
    with clock.travel(start):
        caller = region.sign_in("physician")
    for minutes in range(59, 12 * 60, 59):
        with clock.travel(start + timedelta(minutes=minutes)):
            assert caller.get(LOGIN).status_code == 200
    with clock.travel(start + timedelta(hours=12, minutes=1)):
        assert caller.get(LOGIN).status_code == 401
    with clock.travel(start):
        idle = region.sign_in("physician")
    with clock.travel(start + timedelta(minutes=61)):
        assert idle.get(LOGIN).status_code == 401


def test_the_oldest_session_gives_way_and_an_administrator_ends_any(region: Region) -> None:
    callers = [region.sign_in("publichealth") for _ in range(4)]
    assert [caller.get(LOGIN).status_code for caller in callers] == [401, 200, 200, 200]
    admin = region.sign_in("unitadmin")
    online = admin.get("/api/v1/access/sessions").json
    assert len([line for line in online if line["user_id"] == str(region.id_of("publichealth"))]) == 3
    assert not [line for line in online if line["user_id"] == str(region.id_of("physician2"))]
    for line in online:
        if line["user_id"] != str(region.id_of("unitadmin")):
            assert admin.send("DELETE", f"/api/v1/access/sessions/{line['id']}").status_code == 204
    assert [caller.get(LOGIN).status_code for caller in callers] == [401] * 4


def test_unsafe_requests_need_the_csrf_token(region: Region) -> None:
    caller = region.sign_in("physician")
    caller.csrf = ""
    assert caller.send("DELETE", LOGIN).status_code == 403
    assert caller.get(LOGIN).status_code == 200


def test_changing_the_own_password_ends_the_other_sessions(region: Region) -> None:
    first, second = region.sign_in("physician"), region.sign_in("physician")
    new = {"old": PASSWORD, "password": "Fresh-Meadow-8k", "again": "Fresh-Meadow-8k"}
    assert second.send("PUT", f"{LOGIN}/password", {**new, "old": "nonsense"}).status_code == 401
    assert second.send("PUT", f"{LOGIN}/password", {**new, "again": "Other-Meadow-8k"}).status_code == 422
    assert second.send("PUT", f"{LOGIN}/password", new).status_code == 204
    assert (first.get(LOGIN).status_code, second.get(LOGIN).status_code) == (401, 200)
    region.sign_in("physician", "Fresh-Meadow-8k")
    back = {"old": "Fresh-Meadow-8k", "password": PASSWORD, "again": PASSWORD}
    assert second.send("PUT", f"{LOGIN}/password", back).json["error"]["code"] == "access.password.reused"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Sh0rt-one", "short"),
        ("alllowercaseonly", "simple"),
        ("Password123!", "common"),
        ("P@ssw0rd2026", "common"),
        ("Aa1-Aa1-Aa1-Aa1-", "common"),
        ("Xphysician-77", "personal"),
        ("Zz-19000101-q", "personal"),
        ("A1-" * 60, "long"),
    ],
)
def test_weak_passwords_are_refused(password: str, code: str) -> None:
    owner = passwords.Owner("physician", "411502190001011234"[:6] + "19000101" + "1234")
    with pytest.raises(Invalid) as caught:
        passwords.check_strength(password, owner, AccessPolicy())
    assert caught.value.code == f"access.password.{code}"


def test_generated_passwords_satisfy_the_policy() -> None:
    for _ in range(200):
        passwords.check_strength(passwords.generated_password(), passwords.Owner("x"), AccessPolicy())


def _bind(region: Region, fingerprint: str) -> None:
    with region.work() as session:
        session.scalars(select(User).where(User.login_name == "physician")).one().certificate = fingerprint


def _by_certificate(region: Region, pem: str, peer: str, verify: str = "SUCCESS") -> Any:
    headers = {"X-Client-Cert": pem, "X-Client-Cert-Verify": verify}
    return region.client().post(f"{LOGIN}/certificate", headers=headers, environ_base={"REMOTE_ADDR": peer})


def test_a_certificate_counts_only_from_the_trusted_proxy(proxied: Any) -> None:
    region = proxied("127.0.0.1, 10.1.0.0/16")
    pem, fingerprint = made_certificate()
    _bind(region, fingerprint)
    for _ in range(6):
        _guess(region, "physician")  # a blocked password does not keep the certificate's holder out
    assert _by_certificate(region, pem, "10.1.2.3").status_code == 200
    assert _by_certificate(region, pem, "192.0.2.1").status_code == 401
    assert _by_certificate(region, pem, "127.0.0.1", verify="FAILED").status_code == 401
    assert _by_certificate(region, "nonsense", "127.0.0.1").status_code == 401
    assert _by_certificate(region, made_certificate()[0], "127.0.0.1").status_code == 401


def test_forwarding_headers_count_only_from_the_trusted_proxy(proxied: Any) -> None:
    region = proxied("10.1.0.0/16")
    for peer, address in (("10.1.2.3", "198.51.100.9"), ("192.0.2.1", "192.0.2.1")):
        region.client().post(
            LOGIN,
            json={"login_name": "physician", "password": PASSWORD},
            environ_base={"REMOTE_ADDR": peer},
            headers={"X-Forwarded-For": "198.51.100.9"},
        )
        with region.work() as session:
            newest = select(UserSession.address).order_by(UserSession.created_at.desc()).limit(1)
            assert session.scalars(newest).one() == address


def test_without_configured_proxy_no_certificate_counts(region: Region) -> None:
    pem, fingerprint = made_certificate()
    _bind(region, fingerprint)
    assert _by_certificate(region, pem, "127.0.0.1").status_code == 401
    assert not trusted("", "127.0.0.1")
    assert trusted("", "unix")


@given(st.one_of(st.text(max_size=60), st.sampled_from(["//evil.example", "/\\evil", "https://evil.example", "/console?a=1"])))
def test_after_the_login_one_stays_on_the_platform(target: str) -> None:
    safe = safe_next(target)
    assert safe.startswith("/")
    assert not safe.startswith("//")
    assert "\\" not in safe
    assert all(31 < ord(letter) < 127 for letter in safe)


def test_a_throttle_that_is_used_up_says_when_it_ends(region: Region) -> None:
    with region.work() as session:
        limit = throttle.Limit(2, timedelta(minutes=15))
        throttle.claim(session, "k", limit)
        throttle.claim(session, "k", limit)
        with pytest.raises(TooMany) as caught:
            throttle.claim(session, "k", limit)
        assert caught.value.facts["minutes"] == 15
        throttle.forget(session, "k")
        throttle.claim(session, "k", limit)
        assert session.scalars(select(Throttle.failures).where(Throttle.key == "k")).one() == 1


def test_a_locked_accounts_session_is_over(region: Region) -> None:
    caller = region.sign_in("physician")
    with region.work() as session:
        user = session.scalars(select(User).where(User.login_name == "physician")).one()
        user.expires_at = clock.now() - timedelta(seconds=1)
    assert caller.get(LOGIN).status_code == 401
    with region.work() as session:
        reasons = session.scalars(select(UserSession.ended_reason).where(UserSession.user_id == user.id)).all()
    assert reasons == [None]  # a refused request writes nothing; the minute job ends the session


def test_the_region_copy_is_private(region_home: Path, tmp_path: Path) -> None:
    shutil.copytree(region_home, tmp_path / "again")
    assert (tmp_path / "again" / "keys.json").stat().st_mode & 0o777 == 0o600


def test_an_embedded_session_changes_nothing_of_its_account(as_principal: Any) -> None:
    """The frame in a hospital's workstation is the physician for one patient; password and second factor are not its business."""
    embedded = as_principal(person_id=5, session_id="3")
    password = {"old": PASSWORD, "password": "Another-Horse-7x", "again": "Another-Horse-7x"}
    for path, body in (("password", password), ("second-factor", {"code": "123456"}), ("duty", {"duty": "1"})):
        answer = embedded.put(f"/api/v1/access/session/{path}", json=body)
        assert (path, answer.status_code) == (path, 403), answer.text
