"""Value sets: named selections of a code system, evaluated against the version in force."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid, NotFound
from registry.standards.models import ValueSet
from registry.standards.systems import current_terms, system
from registry.standards.terms import Term, ValueSetRule, members


@dataclass(frozen=True, slots=True)
class ValueSetDraft:
    """A value set as it is filled in."""

    code: str
    title: str
    system_code: str
    rule: ValueSetRule


def put_value_set(session: Session, draft: ValueSetDraft) -> ValueSet:
    """Add a value set, or change the one with this code.

    Raises:
        NotFound: the code system is unknown.
        Invalid: the rule names codes that are not in force, or selects nothing.
    """
    system(session, draft.system_code)
    terms = current_terms(session, draft.system_code)
    unknown = sorted({*draft.rule.include, *draft.rule.exclude} - {term.code for term in terms})
    if unknown or not members(terms, draft.rule):
        raise Invalid("standard.value_set", unknown=unknown)
    row = _find(session, draft.code)
    if row is None:
        row = ValueSet(code=draft.code)
        session.add(row)
    row.title, row.system_code, row.rule = draft.title, draft.system_code, asdict(draft.rule)
    session.flush()
    return row


def value_sets(session: Session) -> list[ValueSet]:
    """All value sets by code."""
    return list(session.scalars(select(ValueSet).order_by(ValueSet.code)))


def value_set_terms(session: Session, code: str) -> Sequence[Term]:
    """The terms of a value set; the code of a code system names the whole of it.

    Raises:
        NotFound: neither a value set nor a code system has this code.
    """
    row = _find(session, code)
    if row is None:
        system(session, code)
        return current_terms(session, code)
    rule = row.rule
    return members(
        current_terms(session, row.system_code),
        ValueSetRule(tuple(rule["include"]), tuple(rule["exclude"]), rule["leaves_only"]),
    )


def value_set(session: Session, code: str) -> ValueSet:
    """One value set.

    Raises:
        NotFound: ``standard.value_set_unknown``.
    """
    row = _find(session, code)
    if row is None:
        raise NotFound("standard.value_set_unknown", value_set=code)
    return row


def _find(session: Session, code: str) -> ValueSet | None:
    return session.scalar(select(ValueSet).where(ValueSet.code == code))
