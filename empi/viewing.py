"""A person laid out for people: golden record with provenance, identities, history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from empi.goldening import golden_of
from empi.history import history_of
from empi.models import DecisionRow
from empi.persons import in_use
from empi.presenting import facts_for, golden_for
from empi.storing import facts_of, members_of
from empi.wide import whole_index
from health_platform.kernel.scope import Principal


@dataclass(frozen=True)
class IdentityView:
    """One identity as the reader may see it."""

    patient_key: int
    shelf: int
    institution: str
    local_id: str
    source_time: str
    revision: int
    facts: dict[str, str]


@dataclass(frozen=True)
class PersonView:
    """A person as the reader may see it."""

    person_id: int
    golden: dict[str, Any]
    identities: tuple[IdentityView, ...]
    history: tuple[DecisionRow, ...]


def person_view(session: Session, principal: Principal, person_id: int) -> PersonView:
    """Everything the index knows of a person the caller may see; a merged id shows the person in use.

    Raises:
        NotFound: nobody, or nobody the caller may see.
    """
    current = in_use(session, person_id)
    with whole_index(session, "view of a visible person"):
        golden = golden_of(session, [current]).get(current, {})
        identities = tuple(
            IdentityView(
                row.patient_key,
                row.shelf or 0,
                row.institution,
                row.local_id,
                row.source_time or "",
                row.revision,
                facts_for(principal, facts_of(session, row)),
            )
            for row in members_of(session, [current]).values()
        )
        history = tuple(history_of(session, current))
    return PersonView(current, golden_for(principal, golden), identities, history)
