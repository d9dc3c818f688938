"""Failing rows behind a result. The warehouse keeps their keys only; values are read now, under the caller's rights, masked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from etl.places import SEPARATOR
from etl.quality.columns import Rows, source
from etl.quality.rulebook import rules_in_force
from etl.quality.rules import Rule
from etl.quality.shapes import RuleResult, SampleRow
from health_platform.access.api import mask_of
from health_platform.datasets.api import Dataset, Field, Sensitivity, dataset
from health_platform.kernel import clock
from health_platform.kernel.errors import NotFound
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, scope_of

_MASKS: Final = {
    Sensitivity.NAME: "name",
    Sensitivity.ID_NUMBER: "id_no",
    Sensitivity.PHONE: "phone",
    Sensitivity.ADDRESS: "address",
}
_SHOWN_OF_NARRATIVE: Final = 30
_NEAR: Final = (
    "(shelf, patient_key, event_time) IN (SELECT shelf, patient_key, event_time FROM row_place FINAL"
    " WHERE dataset = %(dataset)s AND institution = %(institution)s AND row_key IN %(keys)s)"
)
"""Where the rows lie: tables of patients are kept by patient and time, not by the sender's keys."""
_MOST: Final = 30


def sample_rows(platform: Platform, session: Session, principal: Principal, found: RuleResult) -> list[SampleRow]:
    """Up to thirty failing rows of a result with the fields the rule judges. The caller audits the reading.

    A row that was corrected since is shown as it stands now; one that was withdrawn is left out.

    Raises:
        NotFound: ``quality.institution``, out of scope; ``quality.rule``, the rule is not in force any more.
    """
    scope = scope_of(session)
    definition = dataset(found.dataset)
    if not (scope.covers_institution(found.institution_id) and scope.covers_line(definition.line)):
        raise NotFound("quality.institution")
    rule = rules_in_force(session).get(found.rule)
    if rule is None:
        raise NotFound("quality.rule", rule=found.rule)
    keys = list(dict.fromkeys(key for key in found.samples if not key.startswith("#")))[:_MOST]
    return _read(platform, definition, rule, found.institution_id, keys, principal, tuple(scope.divisions)) if keys else []


def _read(
    platform: Platform, definition: Dataset, rule: Rule, institution: int, keys: Sequence[str], principal: Principal,
    divisions: Sequence[str],
) -> list[SampleRow]:  # fmt: skip
    rows = Rows(definition)
    shown = [definition.by_name[name] for name in dict.fromkeys((*definition.key, *rule.fields)) if name in definition.by_name]
    columns = ", ".join(rows.column(each.name) for each in shown)
    statement = (
        f"SELECT {rows.key} AS q_key, {rows.day} AS q_day, {columns} FROM {source(platform.warehouse.place, definition)}"  # noqa: S608
        " WHERE institution = %(institution)s AND arrayExists(p -> startsWith(division_code, p), %(divisions)s)"
        f" AND {_NEAR if definition.personal else '1'} AND q_key IN %(keys)s"
    )
    values = {"institution": institution, "dataset": definition.name, "keys": tuple(keys), "divisions": list(divisions)}
    found = platform.warehouse.execute(statement, values)
    order = {key: place for place, key in enumerate(keys)}
    return sorted((_sample(shown, row, principal) for row in found), key=lambda sample: order.get(sample.key, len(order)))


def _sample(shown: Sequence[Field], row: tuple[Any, ...], principal: Principal) -> SampleRow:
    key, day, *values = row
    return SampleRow(
        key.replace(SEPARATOR, " / "), day,
        {each.label: masked(each, value, principal) for each, value in zip(shown, values, strict=True)},
    )  # fmt: skip


def masked(field: Field, value: Any, principal: Principal) -> str:
    """A value as this caller may read it."""
    text = _text(value)
    if field.sensitivity is Sensitivity.RESTRICTED and text:
        return "***"
    if field.sensitivity is Sensitivity.NARRATIVE:
        return text[:_SHOWN_OF_NARRATIVE] + ("…" if len(text) > _SHOWN_OF_NARRATIVE else "")
    if field.sensitivity in _MASKS:
        return mask_of(principal)(_MASKS[field.sensitivity], text) or ""
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)
