"""The delivered rules: enough of them, of all dimensions, readable, told apart, and judged as the reference judges."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.quality import scoring
from etl.quality.administration import sentence
from etl.quality.api import Dimension, Period, Severity
from etl.quality.compiling import Scan, scan_statement
from etl.quality.rulebook import delivered
from etl.quality.rules import Origin, Partner, Rule, Source, checked, condition, dataset_fields, scope
from etl.quality.volume import Usual, abnormal, usual
from health_platform.datasets.api import catalogue, dataset, table
from health_platform.expressions.api import evaluate, parse
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.warehouse.api import Place
from tests.quality.conftest import Stored

pytestmark = pytest.mark.system("G10")


def test_a_partner_is_found_by_fields_that_are_stored_alike() -> None:
    joined = next(rule for rule in delivered().values() if rule.partner and rule.dataset == "diagnosis")
    assert checked((joined,)) == (joined,)
    unlike = replace(joined, partner=Partner("visit", (("diagnosed_at", "visit_no"),)))
    with pytest.raises(DefinitionError, match=joined.code):
        checked((unlike,))


def test_rules_are_many_of_every_dimension_and_every_dataset() -> None:
    rules = delivered().values()
    assert len(rules) >= 300
    assert sum(rule.origin is Origin.SHIPPED for rule in rules) >= 300
    assert {rule.dimension for rule in rules} == set(Dimension)
    assert {rule.dataset for rule in rules} == set(catalogue())


def test_every_rule_can_be_read_by_people() -> None:
    for rule in delivered().values():
        assert rule.label and rule.mend
        assert sentence(rule).endswith("则不合格")
        assert set(rule.fields) <= set(dataset(rule.dataset).by_name)


def test_no_shipped_rule_complains_of_what_a_generated_one_says_already() -> None:
    said = Counter(
        (rule.dataset, rule.applies, rule.fails, rule.partner) for rule in delivered().values() if rule.source is Source.ROWS
    )
    assert [each for each, times in said.items() if times > 1] == []


def test_what_a_rule_says_reaches_the_warehouse_as_parameters_only() -> None:
    rule = Rule("visit.odd", "visit", "探测", Dimension.LOGIC, "diagnosis = 'x'') OR sleep(3) --'", "无")
    statement = scan_statement(Scan("visit", (date(2026, 10, 1),), (rule,), 1), Place("health"))
    assert "sleep" not in statement.sql
    assert "x') OR sleep(3) --" in statement.parameters.values()


def visit_values() -> st.SearchStrategy[dict[str, Any]]:
    moments = st.none() | st.integers(-50, 50).map(lambda hours: datetime(2026, 10, 10, 1, tzinfo=UTC) + timedelta(hours=hours))
    codes = st.sampled_from(["", "1", "2", "4", "O80", "J06.900", "X9"])
    return st.fixed_dictionaries(
        {
            "gender": codes, "diagnosis": codes, "visit_kind": codes, "chief_complaint": st.sampled_from(["", "痛", "咽痛三天"]),
            "stay_days": st.none() | st.integers(0, 5), "ended_at": moments, "emergency": st.none() | st.integers(0, 1),
            "birth_date": st.none() | st.dates(date(1900, 1, 1), date(2030, 1, 1)), "patient_name": st.sampled_from(["",
            "王", "李建国"]),
        }
    )  # fmt: skip


_FIELDS = (
    "gender",
    "diagnosis",
    "visit_kind",
    "chief_complaint",
    "stay_days",
    "ended_at",
    "emergency",
    "birth_date",
    "patient_name",
)


def _rule_texts() -> st.SearchStrategy[str]:
    texts = st.sampled_from(["gender", "diagnosis", "visit_kind", "chief_complaint"])
    atoms = st.one_of(
        st.builds("{} = '{}'".format, texts, st.sampled_from(["1", "2", "O80"])),
        st.builds("{} is {}null".format, st.sampled_from(_FIELDS), st.sampled_from(["", "not "])),
        st.builds("starts_with({}, 'O')".format, texts),
        st.builds("stay_days {} {}".format, st.sampled_from(["<", ">=", "!="]), st.integers(0, 4)),
        st.just("ended_at < started_at"), st.just("emergency"), st.just("years_between(birth_date, started_at) > 20"),
        st.just("unmapped.gender"),
    )  # fmt: skip
    joined = ("({}) and ({})".format, "({}) or ({})".format)
    return st.recursive(
        atoms,
        lambda part: st.one_of(*(st.builds(each, part, part) for each in joined), st.builds("not ({})".format, part)),
        max_leaves=5,
    )


@given(
    st.lists(st.tuples(_rule_texts(), _rule_texts()), min_size=1, max_size=8), st.lists(visit_values(), min_size=1, max_size=12)
)
def test_one_scan_counts_what_the_reference_counts(
    stored: Stored, texts: list[tuple[str, str]], values: list[dict[str, Any]]
) -> None:
    """Generated rules over generated rows: judged, failing and sample keys as an evaluation row by row."""
    rows = stored.replace_rows(values)
    rules = tuple(
        Rule(f"visit.r{number}", "visit", "生成", Dimension.LOGIC, fails, "无", applies=applies)
        for number, (fails, applies) in enumerate(texts)
    )
    found = stored.scanned(rules)
    for rule in rules:
        applies, fails = scope(rule), condition(rule)
        verdicts = {
            row["visit_no"]: evaluate(fails, row, today=date(2026, 10, 10)) for row in rows if evaluate(applies, row) is True
        }
        judged = {key: verdict for key, verdict in verdicts.items() if verdict is not None}
        failing = {key for key, verdict in judged.items() if verdict}
        applicable, failed, samples = found.get(rule.code, (0, 0, []))
        assert (applicable, failed) == (len(judged), len(failing)), rule
        assert set(samples) <= failing and len(samples) == min(3, len(failing))


def test_expressions_may_use_every_field_of_every_dataset() -> None:
    for name in catalogue():
        fields = dataset_fields(dataset(name))
        for field in fields:
            parse(f"{field} is null", fields)
        assert {"received_at", "event_time", "due_at"} <= set(fields)
        assert set(table(dataset(name)).column_names) >= {each for each in fields if each in dataset(name).by_name}


MONTH = Period.month(2026, 10)
WEIGHTS = scoring.Weights({Dimension.COMPLETENESS: Decimal(30), Dimension.TIMELINESS: Decimal(20),
Dimension.CORRECTNESS: Decimal(30), Dimension.LOGIC: Decimal(20)})  # fmt: skip


def _rule(code: str, dimension: Dimension, weight: int = 1, severity: Severity = Severity.NORMAL) -> Rule:
    return Rule(code, "visit", code, dimension, "true", "无", weight=Decimal(weight), severity=severity)


RULES = {
    each.code: each
    for each in (
        _rule("visit.a", Dimension.COMPLETENESS, 1), _rule("visit.b", Dimension.COMPLETENESS, 3),
        _rule("visit.c", Dimension.LOGIC), _rule("visit.d", Dimension.LOGIC, 1, Severity.SEVERE),
    )
}  # fmt: skip


def evidence(
    counts: dict[str, tuple[int, int]], rows: int = 100, expected: int = 1, active: int = 20, due: int = 20
) -> scoring.Evidence:
    names = frozenset(list(catalogue())[: expected - 1]) | {"visit"}
    return scoring.Evidence(1, MONTH, counts, {"visit": rows}, names, active, due)


def test_a_score_follows_from_weights() -> None:
    made = scoring.score(evidence({"visit.a": (100, 50), "visit.b": (100, 10), "visit.c": (10, 1)}), RULES, WEIGHTS)
    # completeness (50·1 + 90·3)/4 = 80, logic 90; (80·30 + 90·20)/50 = 84
    assert made.total == Decimal("84.0000")
    assert made.dimensions[Dimension.COMPLETENESS] == 80
    assert sum(part.lost for part in made.parts) == Decimal("16.0000")
    assert any("总分 = 84 × 100% = 84" in line for line in made.formula)


def test_an_institution_that_uploads_nothing_has_nothing() -> None:
    empty = scoring.Evidence(1, MONTH, {}, {}, frozenset({"visit"}), 0, 20)
    assert scoring.score(empty, RULES, WEIGHTS).total == 0
    refused_only = scoring.Evidence(1, MONTH, {}, {"visit": 0}, frozenset({"visit"}), 0, 20)
    assert scoring.score(refused_only, RULES, WEIGHTS).total == 0


def test_coverage_counts_datasets_and_days() -> None:
    made = scoring.score(evidence({"visit.c": (10, 0)}, expected=4, active=10), RULES, WEIGHTS)
    assert (made.dataset_share, made.day_share, made.total) == (Decimal("0.2500"), Decimal("0.5000"), Decimal("12.5000"))


def test_a_severe_rule_that_fails_often_caps_the_score() -> None:
    made = scoring.score(evidence({"visit.a": (100, 0), "visit.d": (100, 21)}), RULES, WEIGHTS)
    assert made.total == 60
    assert made.caps == ("visit.d",)
    assert made.formula[-2].endswith(f"：{RULES['visit.d'].label}")
    assert made.formula[-1] == f"总分 = {made.content.normalize():f} × 100% 与上限 60 中较小者 = 60"


@given(st.dictionaries(st.sampled_from(sorted(RULES)), st.tuples(st.integers(1, 1000), st.integers(0, 1000)), min_size=1))
def test_losses_add_up_and_scores_stay_between_0_and_100(counts: dict[str, tuple[int, int]]) -> None:
    sound = {code: (applicable, min(applicable, failed)) for code, (applicable, failed) in counts.items()}
    made = scoring.score(evidence(sound), RULES, WEIGHTS)
    assert 0 <= made.total <= 100
    assert abs(100 - made.content - sum(part.lost for part in made.parts)) < Decimal("0.01")


def test_volume_is_judged_against_the_same_weekday() -> None:
    monday = date(2026, 10, 19)
    past = {monday - timedelta(weeks=week): 100 + week for week in range(1, 9)}
    expected = usual(past, monday)
    assert expected == Usual(104.5, 2)
    assert [abnormal(count, expected) for count in (104, 60, 40, 300, 0)] == [False, False, True, True, True]
    assert abnormal(5, usual({monday - timedelta(weeks=1): 100}, monday)) is None
