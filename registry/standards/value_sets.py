"""Value sets: named selections of a code system, evaluated against the version in force."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from health_platform.kernel.errors import Invalid, NotFound
from registry.definitions.problems import finding
from registry.divisions.answering import must_answer_for_region
from registry.paging import Paged, ordering, paged
from registry.standards.models import ValueSet
from registry.standards.systems import current_terms, find_system, system
from registry.standards.terms import Term, ValueSetRule, members

_SORTS = {"code": ValueSet.code, "title": ValueSet.title, "system_code": ValueSet.system_code}


@dataclass(frozen=True, slots=True)
class ValueSetDraft:
    """A value set as it is filled in."""

    code: str
    title: str
    system_code: str
    rule: ValueSetRule


@dataclass(frozen=True, slots=True)
class ValueSetFilter:
    """Which value sets to list."""

    text: str = ""
    sort: str = ""
    page: int = 1
    size: int = 50


def draft_from(body: Mapping[str, Any]) -> ValueSetDraft:
    """The value set a request or a row of a file describes."""
    rule = ValueSetRule(tuple(body["included"]), tuple(body["excluded"]), body["leaves_only"])
    return ValueSetDraft(body["code"], body["title"], body["system_code"], rule)


def draft_of(row: ValueSet) -> ValueSetDraft:
    """The value set as it is now."""
    rule = ValueSetRule(tuple(row.rule["include"]), tuple(row.rule["exclude"]), row.rule["leaves_only"])
    return ValueSetDraft(row.code, row.title, row.system_code, rule)


def put_value_set(session: Session, draft: ValueSetDraft) -> ValueSet:
    """Add a value set, or change the one with this code.

    Raises:
        Denied: the caller does not answer for the region.
        NotFound: the code system is unknown.
        Invalid: the rule names codes that are not in force, or selects nothing.
    """
    must_answer_for_region(session)
    if find_system(session, draft.system_code) is None:
        raise NotFound("standard.system_unknown", system=draft.system_code, field="system_code")
    terms = current_terms(session, draft.system_code)
    unknown = sorted({*draft.rule.include, *draft.rule.exclude} - {term.code for term in terms})
    if unknown or not members(terms, draft.rule):
        raise Invalid("standard.value_set", unknown=unknown, findings=_told(draft.rule, unknown))
    row = find_value_set(session, draft.code)
    if row is None:
        row = ValueSet(code=draft.code)
        session.add(row)
    row.title, row.system_code, row.rule = draft.title, draft.system_code, asdict(draft.rule)
    session.flush()
    return row


def value_sets(session: Session) -> list[ValueSet]:
    """All value sets by code."""
    return list(session.scalars(select(ValueSet).order_by(ValueSet.code)))


def listed(session: Session, wanted: ValueSetFilter) -> Paged[ValueSet]:
    """Value sets by code; ``text`` looks in code, title and code system."""
    query = select(ValueSet)
    if text := wanted.text.strip():
        columns = (ValueSet.code, ValueSet.title, ValueSet.system_code)
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    return paged(session, query.order_by(*ordering(wanted.sort, _SORTS, (ValueSet.code,))), wanted.page, wanted.size)


def value_set_terms(session: Session, code: str) -> Sequence[Term]:
    """The terms of a value set; the code of a code system names the whole of it.

    Raises:
        NotFound: neither a value set nor a code system has this code.
    """
    row = find_value_set(session, code)
    if row is None:
        system(session, code)
        return current_terms(session, code)
    return members(current_terms(session, row.system_code), draft_of(row).rule)


def value_set(session: Session, code: str) -> ValueSet:
    """One value set.

    Raises:
        NotFound: ``standard.value_set_unknown``.
    """
    row = find_value_set(session, code)
    if row is None:
        raise NotFound("standard.value_set_unknown", value_set=code)
    return row


def find_value_set(session: Session, code: str) -> ValueSet | None:
    """A value set by its code."""
    return session.scalar(select(ValueSet).where(ValueSet.code == code))


def _told(rule: ValueSetRule, unknown: Sequence[str]) -> list[dict[str, str]]:
    """Beside which field the codes stand that are not in force; a rule that selects nothing is told beside what it includes."""
    named = [name for name in ("include", "exclude") if {*getattr(rule, name)} & {*unknown}]
    if not named:
        return [finding("include", "selects_nothing")]
    return [{**finding(name, "code_not_in_force"), "values": "、".join(unknown[:20])} for name in named]
