"""Starting beliefs for any registry, by comparison kind; EM and random pairs replace them where the data speaks."""

from __future__ import annotations

from dataclasses import replace

from empi.definitions.residents import DUMMIES
from empi.definitions.residents import FIELDS as RESIDENT_FIELDS
from empi.definitions.schema import FieldRule, Prior, Rules, Thresholds, Training

_WORDS = (
    Prior("equal", 0.78, 0.003),
    Prior("exchanged", 0.005, 1e-5),
    Prior("close", 0.08, 0.002),
    Prior("similar", 0.03, 0.004),
    Prior("contained", 0.02, 0.001),
    Prior("initial", 0.01, 0.002),
    Prior("differ", 0.075, 0.988),
)
GENERAL_PRIORS: dict[str, tuple[Prior, ...]] = {
    **{rule.kind: rule.priors for rule in RESIDENT_FIELDS},
    "words": _WORDS,
    "identifier": (
        Prior("equal", 0.9, 1e-5),
        Prior("near", 0.06, 1e-4),
        Prior("near_two", 0.01, 1e-3),
        Prior("differ", 0.03, 0.9989),
    ),
    "category": (Prior("equal", 0.93, 0.3), Prior("differ", 0.07, 0.7)),
}
EARLIEST_YEAR = 1000
"""Registries of the dead are linked too."""
FREQUENT_KINDS = frozenset({"words", "category", "person_name"})


def general_field(name: str, kind: str, columns: tuple[str, ...], partner: str = "") -> FieldRule:
    """A field of any registry with the starting beliefs of its kind."""
    return FieldRule(name, name, kind, columns, GENERAL_PRIORS.get(kind, ()), frequency=kind in FREQUENT_KINDS, partner=partner)


def general_rules(name: str, fields: tuple[FieldRule, ...], key_column: str, thresholds: Thresholds) -> Rules:
    """Rules for any registry: weights decide, passes are chosen from the data."""
    return Rules(
        name=name,
        fields=fields,
        passes=(),
        pair_rules=(),
        key_column=key_column,
        thresholds=thresholds,
        dummies=replace(DUMMIES, earliest_year=EARLIEST_YEAR),
        training=Training(),
        block_cap=400,
        passes_from_data=True,
    )
