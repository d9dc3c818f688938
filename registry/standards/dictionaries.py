"""A source's dictionary as a file: its codes and names, and the standard codes somebody filled in, which count as confirmed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading, numbered_table
from registry.definitions.problems import finding
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult
from registry.standards.deciding import Decision, decide
from registry.standards.mapping import Seen, report_codes, rows_of
from registry.standards.models import CONFIRMED
from registry.standards.sources import source
from registry.standards.systems import current_terms, system

SHEET = (Heading("code", "本地代码", True), Heading("name", "本地名称"), Heading("target", "标准代码"))


@dataclass(frozen=True, slots=True)
class Table:
    """A source system and the code system its codes are mapped to."""

    source: str
    system: str


def import_dictionary(session: Session, principal: Principal, table: Table, content: bytes, apply: bool = True) -> ImportResult:
    """Take a dictionary in, or (``apply`` false) tell what it would do. A file with a wrong row changes nothing.

    Raises:
        NotFound: the source or the code system is unknown to the caller.
    """
    owner = source(session, table.source)
    system(session, table.system)
    rows = numbered_table(content, SHEET)
    names = {term.code: term.name for term in current_terms(session, table.system)}
    result = ImportResult(apply, findings=list(_faults(rows, names)))
    if result.findings:
        return result
    known = rows_of(session, owner.id, table.system, [row["code"] for _, row in rows])
    for number, row in rows:
        result.count(number, _effect(row, known.get(row["code"]), names))
    if apply:
        report_codes(session, table.source, table.system, [Seen(row["code"], 0, row.get("name", "")) for _, row in rows])
        stored = rows_of(session, owner.id, table.system, [row["code"] for _, row in rows])
        decide(session, principal, [Decision(stored[row["code"]].id, row["target"]) for _, row in rows if row.get("target")])
    return result


def _effect(row: Mapping[str, str], known: Any, names: Mapping[str, str]) -> Effect:
    target, name = row.get("target", ""), f"{row['code']} {row.get('name', '')}".strip()
    told = f"对照为 {target} {names[target]}" if target else "待对照"
    if known is None:
        return Effect(ADDED, name, told)
    renamed = row.get("name") and row["name"] != (known.name or "")
    mapped = target and (known.target, known.state) != (target, CONFIRMED)
    if mapped:
        before = f"{known.target} {names.get(known.target, '')}".strip() if known.target else "未对照"
        return Effect(CHANGED, name, f"{before} → {target} {names[target]}")
    return Effect(CHANGED, name, f"名称：{known.name or '（空）'} → {row['name']}") if renamed else Effect(SAME, name)


def _faults(rows: Sequence[tuple[int, Mapping[str, str]]], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    counts = Counter(row["code"] for _, row in rows)
    labels = {heading.key: heading.label for heading in SHEET}
    for number, row in rows:
        for field, rule in _rules(row, counts, names):
            fault = {**finding(field, rule), "label": labels[field], "value": row.get(field, "")}
            yield {"row": number, "code": "mapping.target_unknown", "message": fault["problem"], "findings": [fault]}


def _rules(row: Mapping[str, str], counts: Mapping[str, int], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not row["code"]:
        yield "code", "code_missing"
    elif counts[row["code"]] > 1:
        yield "code", "code_repeated"
    elif len(row["code"]) > 64:
        yield "code", "code_long"
    if row.get("target") and row["target"] not in names:
        yield "target", "code_not_in_force"
