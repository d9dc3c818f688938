"""Time-based one-time codes (RFC 6238): enrolment, and a check that accepts no code twice."""

from __future__ import annotations

import io

import pyotp
import qrcode
import qrcode.image.svg
from sqlalchemy.orm import Session, undefer

from health_platform.access.accounts.models import User
from health_platform.access.policy import access_policy
from health_platform.access.signin import throttle
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, register_messages

register_messages({"access.totp.wrong": "动态口令不正确或已使用", "access.totp.absent": "该账号尚未启用动态口令"})

STEP_SECONDS = 30
_DRIFT = 1  # accept the neighbouring step: phone clocks are off by some seconds


def begin(session: Session, user: User) -> str:
    """A new secret for the account, not in force until a code of it was shown; returns it in base32."""
    secret = pyotp.random_base32()
    user.totp_secret, user.totp_since, user.totp_step = secret, None, None
    session.flush()
    return secret


def waiting_secret(session: Session, user: User) -> str | None:
    """The secret that was begun and not confirmed, so that reloading the page does not change the QR code."""
    if user.totp_since is not None:
        return None
    loaded = session.get(User, user.id, options=[undefer(User.totp_secret)], populate_existing=True)
    return loaded.totp_secret if loaded else None


def address(user: User, secret: str, issuer: str) -> str:
    """The ``otpauth://`` address an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.login_name, issuer_name=issuer)


def picture(text: str) -> str:
    """A QR code as inline SVG."""
    stream = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, box_size=9, border=2).save(stream)
    svg = stream.getvalue().decode()
    return svg[svg.index("<svg") :]


def confirm(session: Session, user: User, code: str) -> None:
    """Put the second factor in force by its first code."""
    _accept(session, user, code)
    user.totp_since = clock.now()
    user.epoch += 1
    session.flush()


def check(session: Session, user: User, code: str) -> None:
    """
    Raises:
        Invalid: the code is wrong, was used, or no device is enrolled.
        TooMany: too many wrong codes.
    """
    if user.totp_since is None:
        raise Invalid("access.totp.absent")
    _accept(session, user, code)


def _accept(session: Session, user: User, code: str) -> None:
    key = f"totp:{user.id}"
    throttle.claim(session, key, throttle.limit_of(access_policy(session)))
    step = _matching_step(_secret(session, user), code)
    if step is None or (user.totp_step is not None and step <= user.totp_step):
        raise Invalid("access.totp.wrong")
    user.totp_step = step
    throttle.forget(session, key)
    session.flush()


def _secret(session: Session, user: User) -> str:
    loaded = session.get(User, user.id, options=[undefer(User.totp_secret)], populate_existing=True)
    if loaded is None or not loaded.totp_secret:
        raise Invalid("access.totp.absent")
    return loaded.totp_secret


def _matching_step(secret: str, code: str) -> int | None:
    """The time step whose code this is. All steps are compared, whichever matches."""
    generator = pyotp.TOTP(secret)
    current = int(clock.now().timestamp()) // STEP_SECONDS
    cleaned = "".join(code.split())
    steps = range(current - _DRIFT, current + _DRIFT + 1)
    hits = [step for step in steps if pyotp.utils.strings_equal(generator.generate_otp(step), cleaned)]
    return hits[-1] if hits else None
