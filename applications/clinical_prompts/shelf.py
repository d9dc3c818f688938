"""Knowledge tables and rules as data: load a version, put it in force, and what is in force now."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, cast

import sqlalchemy
from sqlalchemy import bindparam, case, func, literal, select, union_all, update
from sqlalchemy.orm import Session

from applications.clinical_prompts.definitions.rules import BY_CODE, RuleDefinition
from applications.clinical_prompts.knowledge import BY_KEY, TABLES, Knowledge, Row, Table, compiled, read_rows
from applications.clinical_prompts.models import KnowledgeVersion, RuleSwitch, RuleVersion
from applications.clinical_prompts.rule_state import RuleState, all_shipped
from applications.clinical_prompts.values import SEVERITIES
from health_platform.kernel import clock
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.sheets import read_table

SHIPPED = 0


# -- knowledge


def table_of(key: str) -> Table:
    """
    Raises:
        NotFound: ``prompts.table``.
    """
    if key not in BY_KEY:
        raise NotFound("prompts.table", table=key)
    return BY_KEY[key]


@cache
def shipped_rows(key: str) -> tuple[dict[str, str], ...]:
    """The table that comes with the program, labelled 待确认; in force until another is loaded."""
    text = (files(__package__) / "definitions" / "knowledge" / f"{key}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def load(session: Session, key: str, content: bytes, note: str, by: str) -> KnowledgeVersion:
    """Read a file (XLSX or CSV) as a new version of a table and put it in force.

    Raises:
        NotFound: no such table. Invalid: a row breaks the table's rules; nothing is loaded.
    """
    table = table_of(key)
    rows = read_table(content, table.headings)
    read_rows(table, rows)
    newest = session.scalar(select(func.max(KnowledgeVersion.version)).where(KnowledgeVersion.table_key == key)) or SHIPPED
    row = KnowledgeVersion(
        table_key=key, version=newest + 1, active=False, note=note or None, row_count=len(rows), content=rows,
        loaded_at=clock.now(), loaded_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return activate(session, key, row.version)


def activate(session: Session, key: str, version: int) -> KnowledgeVersion:
    """Put an earlier version in force again.

    Raises:
        NotFound: no such version.
    """
    mine = KnowledgeVersion.table_key == key
    row = session.scalar(select(KnowledgeVersion).where(mine, KnowledgeVersion.version == version))
    if row is None:
        raise NotFound("prompts.version", table=key, version=version)
    session.execute(update(KnowledgeVersion).where(mine, KnowledgeVersion.active.is_(True)).values(active=False))
    row.active = True
    session.flush()
    return row


def versions(session: Session, key: str) -> Sequence[KnowledgeVersion]:
    """Versions of a table, newest first; the shipped one is not among them."""
    query = select(KnowledgeVersion).where(KnowledgeVersion.table_key == key)
    return session.scalars(query.order_by(KnowledgeVersion.version.desc())).all()


def rows_in_force(session: Session, key: str) -> Sequence[Row]:
    """The rows of a table as they are used now."""
    return _rows(session, key, _active(session))


def knowledge(session: Session) -> Knowledge:
    """Everything in force, compiled once for each combination of versions in this process."""
    active = _active(session)
    key = tuple(sorted((table, version, row) for table, (version, row) in active.items()))
    if key not in _COMPILED:
        tables = {one.key: _rows(session, one.key, active) for one in TABLES}
        if len(_COMPILED) > _KEPT:
            _COMPILED.clear()
        _COMPILED[key] = compiled(tables, {one.key: active.get(one.key, (SHIPPED, 0))[0] for one in TABLES})
    return _COMPILED[key]


_KEPT = 8
_COMPILED: dict[tuple[tuple[str, int, int], ...], Knowledge] = {}


def _active(session: Session) -> dict[str, tuple[int, int]]:
    """Table → (version, row id) in force."""
    return {key: (version, row) for key, version, row in session.connection().execute(_ACTIVE)}


_TABLES = cast(sqlalchemy.Table, KnowledgeVersion.__table__).c
_ACTIVE = select(_TABLES.table_key, _TABLES.version, _TABLES.id).where(_TABLES.active.is_(True))


def _rows(session: Session, key: str, active: Mapping[str, tuple[int, int]]) -> Sequence[Row]:
    if key not in active:
        return shipped_rows(key)
    query = select(KnowledgeVersion.content).where(KnowledgeVersion.id == active[key][1])
    return session.scalars(query).one()


# -- both, for a check


def in_force(session: Session, institution_id: int) -> tuple[Knowledge, Mapping[str, RuleState]]:
    """The tables and, for one institution, the rules as they stand now.

    One statement names the versions in force; what they say is read when this process meets them for the first time. The
    session must see everything.
    """
    session.flush()
    found = session.connection().execute(_VERSIONS, {"institution": institution_id})
    key = tuple(sorted((kind, name, version, row) for kind, name, version, row in found))
    if key not in _IN_USE:
        if len(_IN_USE) > _IN_USE_KEPT:
            _IN_USE.clear()
        _IN_USE[key] = knowledge(session), rules_for(session, institution_id)
    return _IN_USE[key]


_IN_USE_KEPT = 500  # institutions differ by their switches only
_IN_USE: dict[tuple[tuple[str, str, int, int], ...], tuple[Knowledge, Mapping[str, RuleState]]] = {}


# -- rules


@dataclass(frozen=True)
class RuleChange:
    """What an operator sets of a rule. ``severity`` None is the definition's."""

    enabled: bool
    severity: str | None
    parameters: Mapping[str, int]
    note: str = ""


def rule_of(code: str) -> RuleDefinition:
    """
    Raises:
        NotFound: ``prompts.rule``.
    """
    if code not in BY_CODE:
        raise NotFound("prompts.rule", rule=code)
    return BY_CODE[code]


def change_rule(session: Session, code: str, change: RuleChange, by: str) -> RuleVersion:
    """A new version of a rule; it counts from the next check on.

    Raises:
        NotFound: no such rule. Invalid: a parameter is unknown or out of its range.
    """
    definition = rule_of(code)
    _check(definition, change.parameters)
    newest = session.scalar(select(func.max(RuleVersion.version)).where(RuleVersion.rule == code)) or SHIPPED
    row = RuleVersion(
        rule=code, version=newest + 1, enabled=change.enabled, severity=change.severity,
        parameters=dict(change.parameters), note=change.note or None, changed_at=clock.now(), changed_by=by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _check(definition: RuleDefinition, parameters: Mapping[str, int]) -> None:
    known = {one.key: one for one in definition.parameters}
    for key, value in parameters.items():
        one = known.get(key)
        if one is None or not one.low <= value <= one.high:
            bounds = {"low": one.low if one else "-", "high": one.high if one else "-"}
            raise Invalid("prompts.parameter", rule=definition.code, parameter=key, value=value, **bounds)


def history(session: Session, code: str) -> Sequence[RuleVersion]:
    """Versions of a rule, newest first."""
    return session.scalars(select(RuleVersion).where(RuleVersion.rule == code).order_by(RuleVersion.version.desc())).all()


def switch(session: Session, institution_id: int, division: str, code: str, enabled: bool, words: tuple[str, str]) -> RuleSwitch:
    """Switch a rule off or on for one institution. ``words`` are (reason, by whom)."""
    rule_of(code)
    query = select(RuleSwitch).where(RuleSwitch.institution_id == institution_id, RuleSwitch.rule == code)
    row = session.scalar(query) or RuleSwitch(institution_id=institution_id, division_code=division, rule=code)
    row.enabled, row.reason, row.changed_at, row.changed_by = enabled, words[0] or None, clock.now(), words[1]
    session.add(row)
    session.flush()
    return row


def switches(session: Session) -> Sequence[RuleSwitch]:
    """The switches of the caller's jurisdiction."""
    return session.scalars(select(RuleSwitch).order_by(RuleSwitch.institution_id, RuleSwitch.rule)).all()


# Built once, and read as plain rows: every check asks these.
_RULES, _SWITCHES = (cast(sqlalchemy.Table, model.__table__) for model in (RuleVersion, RuleSwitch))
_NEWEST = select(_RULES.c.rule, func.max(_RULES.c.version).label("version")).group_by(_RULES.c.rule).subquery()
_IN_FORCE = select(_RULES).join(_NEWEST, (_RULES.c.rule == _NEWEST.c.rule) & (_RULES.c.version == _NEWEST.c.version))
_VERSIONS = union_all(
    select(literal("table"), _TABLES.table_key, _TABLES.version, _TABLES.id).where(_TABLES.active.is_(True)),
    select(literal("rule"), _RULES.c.rule, _RULES.c.version, _RULES.c.id).join(
        _NEWEST, (_RULES.c.rule == _NEWEST.c.rule) & (_RULES.c.version == _NEWEST.c.version)
    ),
    select(literal("switch"), _SWITCHES.c.rule, case((_SWITCHES.c.enabled.is_(True), 1), else_=0), _SWITCHES.c.id).where(
        _SWITCHES.c.institution_id == bindparam("institution")
    ),
)
_SWITCHED = select(_SWITCHES.c.rule, _SWITCHES.c.enabled).where(_SWITCHES.c.institution_id == bindparam("institution"))


def rules_for(session: Session, institution_id: int | None = None) -> dict[str, RuleState]:
    """Every rule as it stands now, for one institution or for the city."""
    states = all_shipped()
    session.flush()
    for row in session.connection().execute(_IN_FORCE):
        if row.rule in states:
            states[row.rule] = _state(row, states[row.rule])
    return _switched(session, states, institution_id) if institution_id else states


def _state(row: Any, before: RuleState) -> RuleState:
    severity = next((one for one in SEVERITIES if one == row.severity), before.severity)
    known = {key: value for key, value in row.parameters.items() if key in before.parameters}
    return RuleState(before.definition, row.enabled, severity, {**before.parameters, **known}, row.version)


def _switched(session: Session, states: dict[str, RuleState], institution_id: int) -> dict[str, RuleState]:
    with widened(session, "switches of an institution"):
        found = session.connection().execute(_SWITCHED, {"institution": institution_id})
        wanted = {row.rule: row.enabled for row in found}
    return {code: _with(state, wanted.get(code, True)) for code, state in states.items()}


def _with(state: RuleState, wanted: bool) -> RuleState:
    """An institution may switch a rule off for itself; a rule that is off for the city stays off."""
    return replace(state, enabled=state.enabled and wanted)
