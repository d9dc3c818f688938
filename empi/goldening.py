"""Writing golden records: claims from stored identities, chosen by the survivorship rules."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Dialect, delete, select
from sqlalchemy.orm import Session

from empi.golden import Claim, as_json, survive
from empi.judges import Judge
from empi.models import GoldenRow, SourceTrustRow
from empi.plain import among, change, plainly, table_of, write
from empi.querying import chunks
from empi.storing import Known, facts_of
from empi.survivorship import DEFAULT_TRUST
from empi.wide import whole_index
from health_platform.kernel.scope import scope_of

_TABLE = table_of(GoldenRow)
_WHOLE_INDEX = select(_TABLE.c.person_id, _TABLE.c.content).where(among(_TABLE.c.person_id))
_NARROWED = select(GoldenRow.person_id, GoldenRow.content)


def write_golden(session: Session, judge: Judge, members: Mapping[int, Iterable[Known]], absent: frozenset[int]) -> None:
    """Make the golden records of persons anew from their identities.

    Args:
        members: person id -> all its identities.
        absent: the persons among them that have no golden record yet.
    """
    trust = _trust(session)
    rows = [_row(session, judge, person, list(identities), trust) for person, identities in sorted(members.items())]
    added = [row for row in rows if row["person_id"] in absent]
    changed = [row for row in rows if row["person_id"] not in absent]
    write(session, GoldenRow, added)
    change(session, GoldenRow, "person_id", changed)


def forget_golden(session: Session, persons: Iterable[int]) -> None:
    """Remove the golden records of persons that hold no identities any more."""
    for some in chunks(persons):
        statement = delete(GoldenRow).where(GoldenRow.person_id.in_(some))
        session.execute(statement.execution_options(synchronize_session=False))


def golden_of(session: Session, persons: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Golden records in JSON form (``empi.golden.as_json``) of the persons the session may see."""
    wanted = set(persons)
    if not wanted:
        return {}
    if scope_of(session).everything:
        rows = plainly(session, _WHOLE_INDEX, wanted)
    else:
        rows = [row for some in chunks(wanted) for row in session.execute(_NARROWED.where(GoldenRow.person_id.in_(some)))]
    return {person: json.loads(content) for person, content in rows}


def golden_of_visible(session: Session, person_id: int) -> dict[str, Any]:
    """The golden record of one person of whom the caller is known to see an identity; the record may come from elsewhere."""
    with whole_index(session, "golden record of a visible person"):
        return golden_of(session, [person_id]).get(person_id, {})


def claims_of(session: Session, judge: Judge, identities: Iterable[Known]) -> list[Claim]:
    """What each identity says, with the trust in its source and what of it is unusable."""
    return _claims(session, judge, identities, _trust(session))


def _claims(session: Session, judge: Judge, identities: Iterable[Known], trust: Mapping[str, int]) -> list[Claim]:
    claims = []
    for identity in identities:
        facts = facts_of(session, identity)
        claims.append(
            Claim(
                identity.patient_key,
                identity.institution,
                identity.source_time or "",
                trust.get(identity.institution, DEFAULT_TRUST),
                facts,
                judge.unusable(facts),
            )
        )
    return claims


_CANONICAL = msgspec.json.Encoder(order="sorted")


def _row(session: Session, judge: Judge, person: int, identities: list[Known], trust: Mapping[str, int]) -> dict[str, Any]:
    golden = as_json(survive(_claims(session, judge, identities, trust)))
    newest = max(identities, key=lambda one: (one.source_time or "", -one.patient_key))
    return {
        "person_id": person,
        "members": len(identities),
        "division_code": newest.division_code,
        "line_code": None,
        "content": _CANONICAL.encode(golden).decode(),
    }


_TRUST: WeakKeyDictionary[Dialect, tuple[float, dict[str, int]]] = WeakKeyDictionary()
_KEPT_SECONDS = 1.0


def _trust(session: Session) -> dict[str, int]:
    """Trust by institution, read at most once a second."""
    dialect = session.get_bind().dialect
    read_at, trust = _TRUST.get(dialect, (-_KEPT_SECONDS, {}))
    if time.monotonic() - read_at >= _KEPT_SECONDS:
        rows = session.execute(select(SourceTrustRow.institution, SourceTrustRow.trust))
        trust = {institution: int(grade) for institution, grade in rows}
        _TRUST[dialect] = time.monotonic(), trust
    return trust


def forget_trust(session: Session) -> None:
    """Read the trust in institutions again: it was changed by this process."""
    _TRUST.pop(session.get_bind().dialect, None)
