"""Definitions are checked before they are used; versions follow the content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from empi.definitions.schema import Outcome, PairRule, Pass, Prior, Thresholds, When
from empi.matching import InvalidRules, Model, checked, load_rules, model_of_priors, validate

pytestmark = pytest.mark.system("A10")
RULES = load_rules()


def test_shipped_rules_hold_together() -> None:
    assert validate(RULES) == ()


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("EM01", lambda r: replace(r, fields=(replace(r.fields[0], kind="nothing"), *r.fields[1:]))),
        ("EM02", lambda r: replace(r, fields=(replace(r.fields[0], priors=(Prior("louder", 0.5, 0.5),)), *r.fields[1:]))),
        ("EM03", lambda r: replace(r, fields=(replace(r.fields[0], priors=(Prior("equal", 0.0, 0.5),)), *r.fields[1:]))),
        ("EM04", lambda r: replace(r, passes=(Pass("odd", ("shoe.size",)),))),
        ("EM05", lambda r: replace(r, pair_rules=(PairRule("X1", "", Outcome.NO, (When("name", ("louder",)),)),))),
        ("EM06", lambda r: replace(r, fields=(*r.fields, r.fields[0]))),
        ("EM07", lambda r: replace(r, thresholds=Thresholds(certain=1.0, possible=2.0))),
        ("EM08", lambda r: replace(r, training=replace(r.training, passes=("nowhere",)))),
        ("EM09", lambda r: replace(r, passes=())),
        ("EM10", lambda r: replace(r, block_cap=1)),
        ("EM11", lambda r: replace(r, fields=(replace(r.fields[0], partner="nobody"), *r.fields[1:]))),
    ],
)
def test_broken_rules_are_refused_by_number(code: str, broken) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidRules) as refused:
        checked(broken(RULES))
    assert code in {finding.code for finding in refused.value.findings}


def test_version_follows_content() -> None:
    assert replace(RULES).version == RULES.version
    assert replace(RULES, block_cap=199).version != RULES.version


def test_a_model_survives_storage_and_a_change_of_pair_rules_but_not_of_fields() -> None:
    model = model_of_priors(RULES)
    assert Model.from_json(model.to_json(), RULES).version == model.version
    fewer = replace(RULES, pair_rules=RULES.pair_rules[:3])
    assert Model.from_json(model.to_json(), fewer).shares == model.shares
    with pytest.raises(ValueError, match="other fields"):
        Model.from_json(model.to_json(), replace(RULES, fields=RULES.fields[1:]))
