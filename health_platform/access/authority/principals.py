"""From an account to the ``Principal`` of one request.

What the grants amount to is compiled once and kept until a role (global epoch) or the account (its epoch) changes, or the
first of its grants begins or ends; so a revoked right is gone with the next request. Relations are read each time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from health_platform.access.accounts.models import RESIDENT, User
from health_platform.access.authority import evaluate, relations, special, store
from health_platform.access.authority.epochs import ROLE_EPOCH, Epochs
from health_platform.access.authority.evaluate import Duty
from health_platform.access.authority.models import SpecialGrant
from health_platform.access.clients.models import Client
from health_platform.access.units import UnitDirectory, reach_of
from health_platform.kernel import clock
from health_platform.kernel.scope import NOTHING, Principal, Scope

_REFRESH = timedelta(minutes=5)  # units below a unit change without touching the account
_MAX_KEPT = 5000


@dataclass(frozen=True)
class Authority:
    """The compiled rights of an account: its duties and the persons opened to it by special authorisation."""

    duties: tuple[Duty, ...]
    persons: frozenset[int]


@dataclass(frozen=True)
class _Kept:
    epochs: tuple[int, int]
    until: datetime
    authority: Authority


class AuthorityCache:
    """Compiled rights of the accounts this process met."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    def get(self, account_id: int, epochs: tuple[int, int], now: datetime) -> Authority | None:
        kept = self._kept.get(account_id)
        return kept.authority if kept and kept.epochs == epochs and now < kept.until else None

    def put(self, account_id: int, kept: _Kept) -> None:
        with self._lock:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[account_id] = kept


def authority_of(
    session: Session, account: User | Client, epochs: Epochs, units: UnitDirectory, cache: AuthorityCache
) -> Authority:
    """The rights of an account as of these epochs. The session is under the platform's scope."""
    valid, now = (epochs.get(ROLE_EPOCH, 0), account.epoch), clock.now()
    if known := cache.get(account.id, valid, now):
        return known
    made, until = _compiled(session, account.id, units, now)
    cache.put(account.id, _Kept(valid, until, made))
    return made


def _compiled(session: Session, account_id: int, units: UnitDirectory, now: datetime) -> tuple[Authority, datetime]:
    grants = store.facts_with_ancestors(session, account_id)
    extra = special.running_specials(session, account_id)
    reach = reach_of(session, units)
    own = [grant for grant in grants.values() if grant.grantee == account_id and grant.may_use]
    effective = [(grant, evaluate.effective(grant, grants, now)) for grant in own]
    base = evaluate.merged(evaluate.duty_of(grant, keys, reach) for grant, keys in effective if keys)
    widened = [one for row in extra if row.subject_id is None for one in _extended(base, row)]
    persons = frozenset(row.subject_id for row in extra if row.subject_id is not None)
    turns = [moment for grant in grants.values() for moment in (grant.valid_from, grant.valid_to) if moment]
    turns += [row.valid_to for row in extra]
    until = min([moment for moment in turns if moment > now] + [now + _REFRESH])
    return Authority(tuple(evaluate.merged([*base, *widened])), persons), until


def _extended(base: list[Duty], row: SpecialGrant) -> list[Duty]:
    """Each duty once more, moved to the cell of a special authorisation; merging joins what is exactly a union."""
    return [
        replace(
            duty,
            divisions=frozenset({row.prefix}) if row.prefix else duty.divisions,
            lines=frozenset({row.extra_line}) if row.extra_line else duty.lines,
            units=None if row.prefix else duty.units,
            classes=frozenset({row.extra_class}) if row.extra_class else duty.classes,
        )
        for duty in base
    ]


def user_principal(session: Session, user: User, authority: Authority, now: datetime, duty_key: int | None = None) -> Principal:
    """The principal of a person, acting in one duty."""
    duty = evaluate.chosen(list(authority.duties), duty_key)
    persons = relations.related_persons(session, user.id, now) | authority.persons
    if user.kind == RESIDENT and user.resident_ref is not None:
        persons |= {user.resident_ref}
    scope = duty.scope(persons) if duty and user.kind != RESIDENT else Scope(persons=persons)
    return Principal(
        user.id,
        "resident" if user.kind == RESIDENT else "user",
        user.real_name,
        institution_id=user.institution_id,
        institution_name=user.institution_name or "",
        division_code=user.division_code or "",
        permissions=duty.permissions if duty else frozenset(),
        scope=scope,
        person_id=user.resident_ref if user.kind == RESIDENT else None,
        facts={"duty": str(duty.key) if duty else "", "duties": str(len(authority.duties))},
    )


def client_principal(client: Client, authority: Authority) -> Principal:
    """The principal of an institution's system."""
    duty = evaluate.chosen(list(authority.duties), None)
    return Principal(
        client.id,
        "client",
        client.name,
        institution_id=client.institution_id,
        institution_name=client.institution_name or "",
        division_code=client.division_code or "",
        permissions=duty.permissions if duty else frozenset(),
        scope=duty.scope() if duty else NOTHING,
        facts={"client": client.code},
    )
