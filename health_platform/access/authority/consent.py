"""What residents hide or allow: three levels (whole record, document class, document), deny wins at equal level.

The most specific rule decides: a rule on a document beats one on its class, which beats one on the whole record; at the
same level a rule for an actor beats one for a unit, which beats one for a line, which beats one for everybody; where two
rules are equally specific, ``hide`` wins. Without a rule a document is shown. Break-glass lifts hiding, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from health_platform.access.authority.break_glass import opened_persons
from health_platform.access.authority.models import Consent
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, NotFound, register_messages
from health_platform.kernel.scope import Principal

register_messages(
    {
        "access.consent.invalid": "隐私设置内容无效",
        "access.consent.unknown": "未找到该隐私设置",
    }
)

TARGETS = ("everybody", "line", "institution", "actor")  # least to most specific
EFFECTS = ("hide", "allow")


@dataclass(frozen=True)
class Rule:
    """One rule of a resident. No class and no document means the whole record."""

    effect: str
    document_class: str | None = None
    document_id: str | None = None
    target_kind: str = "everybody"
    target: str | None = None

    @property
    def level(self) -> int:
        """0 the whole record, 1 a class, 2 one document."""
        return 2 if self.document_id else 1 if self.document_class else 0


@dataclass(frozen=True)
class Viewer:
    """What of a caller the rules ask for."""

    actor: str
    institution: str | None
    lines: frozenset[str] | None

    @classmethod
    def of(cls, principal: Principal) -> Viewer:
        institution = None if principal.institution_id is None else str(principal.institution_id)
        return cls(str(principal.id), institution, principal.scope.lines)


@dataclass(frozen=True)
class DocumentAccess:
    """Which documents of one person a caller may see; ``lifted`` while an emergency access runs or it is one's own."""

    rules: tuple[Rule, ...] = ()
    lifted: bool = False

    def shows(self, document_class: str | None, document_id: str | None = None) -> bool:
        """Whether a document of this class (and id) may be shown."""
        return self.lifted or decide(self.rules, document_class, document_id) != "hide"

    def hidden_classes(self, classes: Iterable[str]) -> frozenset[str]:
        """Those of ``classes`` of which nothing may be shown unless a document is allowed by name."""
        return frozenset(one for one in classes if not self.shows(one))

    @property
    def names_documents(self) -> bool:
        """Whether any rule decides of a document by name."""
        return not self.lifted and any(rule.document_id for rule in self.rules)

    @property
    def named_documents(self) -> dict[str, bool]:
        """Documents decided by name: id -> shown."""
        names = {rule.document_id for rule in self.rules if rule.document_id}
        return {name: self.shows(None, name) for name in names}


def applies(rule: Rule, viewer: Viewer) -> bool:
    """Whether a rule speaks of this viewer. A caller of every line is hidden from by a rule for any line."""
    if rule.target_kind == "everybody":
        return True
    if rule.target_kind == "actor":
        return rule.target == viewer.actor
    if rule.target_kind == "institution":
        return rule.target is not None and rule.target == viewer.institution
    return rule.effect == "hide" if viewer.lines is None else rule.target in viewer.lines


def decide(rules: Iterable[Rule], document_class: str | None, document_id: str | None) -> str | None:
    """The effect of the most specific matching rule; ``None`` when no rule matches. All rules speak of the viewer."""
    matching = [rule for rule in rules if _matches(rule, document_class, document_id)]
    if not matching:
        return None
    strongest = max((rule.level, TARGETS.index(rule.target_kind)) for rule in matching)
    effects = {rule.effect for rule in matching if (rule.level, TARGETS.index(rule.target_kind)) == strongest}
    return "hide" if "hide" in effects else "allow"


def _matches(rule: Rule, document_class: str | None, document_id: str | None) -> bool:
    if rule.document_id:
        return rule.document_id == document_id
    return rule.document_class is None or rule.document_class == document_class


def document_access(session: Session, principal: Principal, person_id: int) -> DocumentAccess:
    """The rules of a person that speak of this caller. The person's own eyes see everything."""
    if principal.kind == "resident" and principal.person_id == person_id:
        return DocumentAccess(lifted=True)
    if principal.kind == "system":
        return DocumentAccess(lifted=True)
    viewer = Viewer.of(principal)
    with widened(session, "consent"):
        rules = tuple(rule for rule in _rules(session, person_id) if applies(rule, viewer))
        # Without a rule nothing is hidden that an emergency access could lift.
        return DocumentAccess(rules, lifted=bool(rules) and person_id in opened_persons(session, principal.id))


def _rules(session: Session, person_id: int) -> Iterable[Rule]:
    return (Rule(*row) for row in session.execute(_RULES, {"person": person_id}))


_RULES = select(Consent.effect, Consent.document_class, Consent.document_id, Consent.target_kind, Consent.target).where(
    Consent.person_id == bindparam("person"), Consent.ended_at.is_(None)
)
"""Built once: every reading of a record asks it."""


def set_consent(session: Session, person_id: int, rule: Rule, set_by: int, division_code: str | None = None) -> int:
    """Record a resident's rule; it counts at once. Returns its id."""
    needs_target = rule.target_kind != "everybody"
    if rule.effect not in EFFECTS or rule.target_kind not in TARGETS or needs_target != bool(rule.target):
        raise Invalid("access.consent.invalid")
    with widened(session, "consent"):
        row = Consent(
            person_id=person_id,
            division_code=division_code,
            document_class=rule.document_class,
            document_id=rule.document_id,
            target_kind=rule.target_kind,
            target=rule.target,
            effect=rule.effect,
            set_by=set_by,
            set_at=clock.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def end_consent(session: Session, person_id: int, consent_id: int) -> None:
    """Withdraw a rule of this person.

    Raises:
        NotFound: the person has no such running rule.
    """
    with widened(session, "consent"):
        row = session.get(Consent, consent_id)
        if row is None or row.person_id != person_id or row.ended_at is not None:
            raise NotFound("access.consent.unknown", consent_id=str(consent_id))
        row.ended_at = clock.now()


def consents_of(session: Session, person_id: int) -> list[tuple[int, Rule, datetime]]:
    """The running rules of a person: id, rule, since when."""
    with widened(session, "consent"):
        query = select(Consent).where(Consent.person_id == person_id, Consent.ended_at.is_(None))
        rows = session.scalars(query.order_by(Consent.set_at.desc()))
        return [
            (row.id, Rule(row.effect, row.document_class, row.document_id, row.target_kind, row.target), row.set_at)
            for row in rows
        ]
