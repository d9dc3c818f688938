"""Who may touch which rows: the one place (architecture §3.5).

A session carries the caller's scope from the moment it opens. *Jurisdiction* (division prefixes × lines × document
classes) and *relationship* (persons the caller treats or stands for) are two different things: a county administrator has
the first, a treating physician the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.orm import Session

SCOPE_KEY = "scope"
REGION_KEY = "region"

Kind = Literal["user", "client", "resident", "system"]


class MissingScope(RuntimeError):
    """A statement was run on a session that carries no scope. Always a fault of the code, never of the caller."""


@dataclass(frozen=True)
class Scope:
    """The rows a caller may touch.

    Attributes:
        divisions: prefixes of 12-digit division codes ("" is everywhere); none means no jurisdiction at all.
        lines: line codes (disease control, maternal and child health ...); ``None`` means every line.
        persons: persons the caller has a relationship with, wherever they live.
        classes: document classes the caller is cleared for; ``None`` means every class.
        institutions: institutions whose own rows the caller may touch; ``None`` means every one in the divisions.
        everything: the platform itself at work (workers, commands); never granted to people.
        reason: why ``everything`` is set; written to the log.
    """

    divisions: tuple[str, ...] = ()
    lines: frozenset[str] | None = None
    persons: frozenset[int] = frozenset()
    classes: frozenset[str] | None = None
    institutions: frozenset[int] | None = None
    everything: bool = False
    reason: str = ""

    def covers_division(self, code: str | None) -> bool:
        """Whether a row of this division lies inside the jurisdiction."""
        if self.everything:
            return True
        return any((code or "").startswith(prefix) for prefix in self.divisions)

    def answers_for(self, division: str) -> bool:
        """Whether the whole of a division is the caller's to decide about, not only single units in it."""
        return self.everything or (self.institutions is None and self.covers_division(division))

    def covers_line(self, line: str | None) -> bool:
        return self.everything or self.lines is None or line is None or line in self.lines

    def covers_institution(self, institution_id: int | None) -> bool:
        return self.everything or self.institutions is None or institution_id in self.institutions

    def covers_class(self, document_class: str) -> bool:
        return self.everything or self.classes is None or document_class in self.classes

    def covers_person(self, person_id: int) -> bool:
        """Whether a relationship (not jurisdiction) gives access to this person."""
        return self.everything or person_id in self.persons


NOTHING = Scope()


def system_scope(reason: str) -> Scope:
    """The scope of the platform's own work. ``reason`` names the work, for the log."""
    return Scope(divisions=("",), everything=True, reason=reason)


def scope_of(session: Session) -> Scope:
    """The scope a session was opened with.

    Raises:
        MissingScope: the session was not opened through ``Database.unit_of_work``.
    """
    scope = session.info.get(SCOPE_KEY)
    if not isinstance(scope, Scope):
        raise MissingScope("the session carries no scope; open it with Database.unit_of_work(scope)")
    return scope


def region_of(session: Session) -> str:
    """The 12-digit code of the region this deployment serves: a city's, or a county's on a platform of its own (ADR 90)."""
    return str(session.info[REGION_KEY])


@dataclass(frozen=True)
class Principal:
    """Who stands behind a request. Rebuilt for every request, so that a revoked right is gone at once.

    ``methods`` are the factors shown ("password", "totp", "certificate", "ticket", "token"); ``person_id`` is set for
    residents and for a launch session, which is frozen to one patient.
    """

    id: int
    kind: Kind
    name: str
    institution_id: int | None = None
    institution_name: str = ""
    division_code: str = ""
    permissions: frozenset[str] = frozenset()
    scope: Scope = NOTHING
    session_id: str | None = None
    methods: frozenset[str] = frozenset()
    purpose: str | None = None
    person_id: int | None = None
    csrf_token: str | None = None
    facts: dict[str, str] = field(default_factory=dict, compare=False, hash=False)

    def may(self, permission: str) -> bool:
        return permission in self.permissions


SYSTEM = Principal(0, "system", "platform", scope=system_scope("platform"))
