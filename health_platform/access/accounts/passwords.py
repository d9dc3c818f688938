"""Passwords: what is acceptable, and how they are kept (argon2id)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.accounts.models import OldPassword, User
from health_platform.access.policy import AccessPolicy, access_policy
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, register_messages

register_messages(
    {
        "access.password.short": "口令至少 {length} 位",
        "access.password.long": "口令不得超过 128 位",
        "access.password.simple": "口令须包含大写字母、小写字母、数字、符号中的至少 {classes} 种",
        "access.password.common": "口令过于常见",
        "access.password.personal": "口令不得包含登录名或身份证号片段",
        "access.password.reused": "不得使用最近用过的口令",
    }
)

# 2 passes over 19 MiB (OWASP's second profile): about 70 ms of one core, so a login costs the server little and a guesser much.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_LONGEST = 128  # longer input only costs time
_CLASSES = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")
_LOOKALIKES = str.maketrans("@4301!$57", "aaeoiisst")
_ALPHABET = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+=@#%")


@dataclass(frozen=True)
class Owner:
    """Words a password must not contain."""

    login_name: str = ""
    id_no: str = ""


def check_strength(password: str, owner: Owner, policy: AccessPolicy) -> None:
    """
    Raises:
        Invalid: the password breaks a rule of GB/T 22239 8.1.4.1 a) as set in the policy.
    """
    if len(password) < policy.password_length:
        raise Invalid("access.password.short", length=policy.password_length)
    if len(password) > _LONGEST:
        raise Invalid("access.password.long")
    if sum(bool(re.search(pattern, password)) for pattern in _CLASSES) < policy.password_classes:
        raise Invalid("access.password.simple", classes=policy.password_classes)
    if is_common(password):
        raise Invalid("access.password.common")
    if any(word and word.lower() in password.lower() for word in _personal(owner)):
        raise Invalid("access.password.personal")


def _personal(owner: Owner) -> tuple[str, ...]:
    id_no = owner.id_no or ""
    return (owner.login_name if len(owner.login_name) > 3 else "", id_no[6:14], id_no[-6:])


def is_common(password: str) -> bool:
    """Whether the password is a common word, perhaps repeated or dressed with digits, symbols and look-alikes."""
    lowered = password.lower()
    bare = re.sub(r"^[^a-z@$]+|[^a-z@$]+$", "", lowered)
    candidates = {text for one in (lowered, bare) for text in (one, one.translate(_LOOKALIKES))}
    cores = {re.sub(r"^[^a-z]+|[^a-z]+$", "", text) for text in candidates}
    cores |= {re.sub(r"[^a-z0-9]", "", text) for text in candidates}
    return any(core in _common() or _repeated(core) in _common() for core in cores) or len(set(lowered)) < 5


def _repeated(text: str) -> str:
    """The shortest word whose repetition is the text."""
    end = (text + text).find(text, 1)
    return text[:end]


@cache
def _common() -> frozenset[str]:
    text = files("health_platform.access.accounts").joinpath("common_passwords.txt").read_text("ascii")
    return frozenset(text.split())


def hashed(password: str) -> str:
    """The argon2id hash to store."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the hash. An absent hash takes as long as a present one and never matches."""
    try:
        return _HASHER.verify(stored or _nobodys_hash(), password[:_LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(24))


def generated_password() -> str:
    """A random first password that satisfies the strictest policy (16 characters of all classes, none look alike)."""
    chosen = [secrets.choice(letters) for letters in _ALPHABET]
    chosen += [secrets.choice("".join(_ALPHABET)) for _ in range(12)]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)


def set_password(session: Session, user: User, password: str, must_change: bool) -> None:
    """Give the account a password; the one before is remembered so that it cannot return.

    Raises:
        Invalid: the password is weak or was used recently.
    """
    policy = access_policy(session)
    check_strength(password, Owner(user.login_name, user.id_no or ""), policy)
    recent = (
        select(OldPassword)
        .where(OldPassword.user_id == user.id)
        .order_by(OldPassword.set_at.desc())
        .limit(policy.password_history)
    )
    used = [row.password_hash for row in session.scalars(recent)]
    if any(matches(one, password) for one in {*used, user.password_hash} if one):
        raise Invalid("access.password.reused")
    now = clock.now()
    user.password_hash, user.password_set_at, user.must_change = hashed(password), now, must_change
    session.add(OldPassword(user_id=user.id, password_hash=user.password_hash, set_at=now))
    session.flush()
