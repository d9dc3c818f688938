"""The person index as the exchange asks it: candidates for facts, the person behind a number, the numbers of a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from empi.api import Actor as Decider
from empi.api import (
    Criterion,
    RawIdentity,
    Ruling,
    by_local_id,
    golden_of_visible,
    in_use,
    match,
    merge,
    persons_with,
    value_of,
)
from health_platform.kernel.errors import NotFound

_FACTS: Final = ("name", "gender", "birth_date", "id_no", "phone", "address", "mother_name")
_GRADES: Final = {"certain": "certain", "possible": "probable", "conflict": "possible"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be the one asked for.

    ``grade`` is of FHIR's match grades (certain, probable, possible), ``score`` the probability from 0 to 1, ``facts`` the
    golden record.
    """

    person_id: int
    grade: str
    score: float
    facts: dict[str, str] = field(default_factory=dict)


def candidates(session: Session, asked: RawIdentity, limit: int, only_certain: bool = False) -> Sequence[Candidate]:
    """Persons in the session's scope like the one asked for, the likeliest first.

    With ``only_certain`` one person or nobody: of several none is certain (FHIR ``$match``, ``onlyCertainMatches``).
    """
    found = match(session, asked, limit=2 if only_certain else limit, only_certain=only_certain)
    if only_certain and len(found) > 1:
        return []
    return [Candidate(one.person_id, _GRADES[one.grade], one.score, _facts(one.golden)) for one in found]


def by_number(session: Session, institution: str, local_id: str) -> Candidate | None:
    """The person whom an institution knows under a number, if the session may see it."""
    found = by_local_id(session, institution, local_id)
    return Candidate(found.person_id, "certain", 1.0, _facts(found.golden)) if found else None


def with_demographics(session: Session, criteria: Sequence[Criterion]) -> Sequence[Candidate]:
    """Persons in the session's scope for whom all criteria hold, by person id.

    Raises:
        Invalid: too many persons to look at.
    """
    return [Candidate(one.person_id, "certain", 1.0, _facts(one.golden)) for one in persons_with(session, criteria)]


def by_person(session: Session, person_id: int) -> Candidate | None:
    """A person by id; a merged one leads to the one that remains."""
    try:
        current = in_use(session, person_id)
    except NotFound:
        return None
    return Candidate(current, "certain", 1.0, _facts(golden_of_visible(session, current)))


def merge_numbers(session: Session, institution: str, kept: str, gone: str, reason: str) -> bool:
    """An institution says that two of its numbers are one person; False while one of them is not known."""
    first, second = (by_local_id(session, institution, number) for number in (kept, gone))
    if first is None or second is None:
        return False
    if first.person_id != second.person_id:
        merge(session, first.person_id, second.person_id, Ruling(Decider("rule", f"institution {institution}"), reason))
    return True


def _facts(golden: dict[str, Any]) -> dict[str, str]:
    facts = {name: text for name in _FACTS if (text := value_of(golden, name))}
    kind = value_of(golden, "id_no", "id_type")
    return {**facts, "id_type": kind} if kind else facts
