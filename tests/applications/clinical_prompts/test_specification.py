"""The rules of the prompts, as the norm says them: what is ordered and what is known in, prompts out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.clinical_prompts import checking, shelf
from applications.clinical_prompts.definitions.rules import BY_CODE, RULES
from applications.clinical_prompts.knowledge import TABLES, read_rows
from applications.clinical_prompts.rule_state import all_shipped, shipped
from applications.clinical_prompts.values import SEVERITIES, Chart
from health_platform.kernel.errors import Invalid
from tests.applications.clinical_prompts.cases import NOW, SHIPPED, ago, drug, fact, prompts, result, taking, test_order, told

pytestmark = pytest.mark.system("C08")

# ordered now | in use: name, prescribed days ago, lasts days | prompt
SAME = [
    ("苯磺酸氨氯地平片", ("氨氯地平片(络活喜) 5mg", 2, 7), [("same_drug", "warning")]),
    ("苯磺酸氨氯地平片", ("氨氯地平片", 5, 7), []),  # two days are left: a renewal
    ("苯磺酸氨氯地平片", ("氨氯地平片", 8, 7), []),  # used up
    ("硝苯地平控释片", ("氨氯地平片", 2, 7), [("same_class", "warning")]),
    ("硝苯地平控释片", ("氨氯地平片", 6, 7), [("same_class", "warning")]),  # one day overlaps: no renewal of another drug
    ("缬沙坦氨氯地平片", ("氨氯地平片", 1, 14), [("same_drug", "warning")]),  # a compound holds the same ingredient
    ("泼尼松龙片", ("泼尼松片", 1, 7), [("same_class", "warning")]),  # a longer name is another ingredient
    ("氯沙坦钾片", ("美托洛尔缓释片", 1, 28), []),
    ("门冬胰岛素注射液", ("甘精胰岛素注射液", 1, 28), []),  # basal and meal insulin belong together
    ("复方丹参滴丸", ("复方丹参滴丸", 1, 7), [("same_drug", "warning")]),  # in no table: the name itself
]


@pytest.mark.parametrize(("ordered", "past", "expected"), SAME)
def test_the_same_medicine_or_class_in_overlapping_periods(
    ordered: str, past: tuple[str, int, int], expected: list[tuple[str, str]]
) -> None:
    assert told(prompts(drug(ordered), chart=Chart(drugs=(taking(*past),)))) == expected


def test_an_atc_code_finds_the_class_of_a_product_nobody_listed() -> None:
    found = prompts(drug("某进口降压片", atc="C08CA01"), chart=Chart(drugs=(taking("硝苯地平控释片", 2),)))
    assert told(found) == [("same_class", "warning")]
    assert found[0].title == "某进口降压片 与 硝苯地平控释片 同属二氢吡啶类钙通道阻滞药"


def test_a_prompt_names_institution_and_time_of_what_it_rests_on() -> None:
    proof = prompts(drug("硝苯地平控释片"), chart=Chart(drugs=(taking("氨氯地平片", 2, ref="e1"),)))[0].evidence[0]
    assert (proof.text, proof.institution, proof.at, proof.ref) == (
        "氨氯地平片（推算用至 11-25）", "潢川县人民医院", ago(2), "e1",
    )  # fmt: skip


def test_two_orders_of_one_session_are_held_against_each_other_once() -> None:
    found = prompts(drug("缬沙坦胶囊"), drug("依那普利片"))
    assert [(one.rule, one.order) for one in found] == [("interaction", "依那普利片")]


# ordered | allergy | prompt
ALLERGIES = [
    ("阿莫西林胶囊", "青霉素", [("allergy", "critical")]),
    ("头孢呋辛酯片", "青霉素过敏", [("allergy", "warning")]),
    ("头孢呋辛酯片", "头孢呋辛", [("allergy", "critical")]),
    ("头孢曲松钠", "头孢菌素类", [("allergy", "critical")]),
    ("塞来昔布胶囊", "磺胺类药物", [("allergy", "warning")]),
    ("布洛芬缓释胶囊", "阿司匹林", [("allergy", "critical")]),
    ("布洛芬缓释胶囊", "芒果", []),
    ("厄贝沙坦片", "缬沙坦", [("allergy", "warning")]),  # one class, in no group
]


@pytest.mark.parametrize(("ordered", "allergen", "expected"), ALLERGIES)
def test_allergies(ordered: str, allergen: str, expected: list[tuple[str, str]]) -> None:
    assert told(prompts(drug(ordered), chart=Chart(allergies=(fact(allergen),)))) == expected


# ordered | in use | severity
INTERACTIONS = [
    ("布洛芬片", "华法林钠片", "warning"),
    ("华法林钠片", "布洛芬片", "warning"),  # either way round
    ("西地那非片", "单硝酸异山梨酯缓释片", "critical"),
    ("泮托拉唑肠溶片", "氯吡格雷片", None),
    ("奥美拉唑肠溶胶囊", "氯吡格雷片", "info"),
]


@pytest.mark.parametrize(("ordered", "past", "severity"), INTERACTIONS)
def test_interactions(ordered: str, past: str, severity: str | None) -> None:
    found = prompts(drug(ordered), chart=Chart(drugs=(taking(past, 1),)))
    assert told(found) == ([("interaction", severity)] if severity else [])


def test_an_interaction_may_outlast_the_medicine() -> None:
    stopped = lambda days: Chart(drugs=(taking("单硝酸异山梨酯片", days, lasts=7),))  # noqa: E731
    assert told(prompts(drug("西地那非片"), chart=stopped(8))) == [("interaction", "critical")]
    assert prompts(drug("西地那非片"), chart=stopped(10)) == []


PREGNANT = fact("妊娠状态", "Z33", 60)
# ordered | diagnoses | sex, age | prompts
CONTRAINDICATIONS = [
    ("缬沙坦胶囊", (PREGNANT,), ("2", 28), [("contraindication", "critical")]),
    ("缬沙坦胶囊", (PREGNANT, fact("单胎活产", "Z37.0", 20)), ("2", 28), []),  # the pregnancy is over
    ("缬沙坦胶囊", (fact("妊娠状态", "Z33", 300),), ("2", 28), []),
    ("缬沙坦胶囊", (fact("妊娠期糖尿病", "O24.4", 5),), ("1", 28), []),  # a man: the record of somebody else, or a mistake
    ("普萘洛尔片", (fact("支气管哮喘", "J45.9", 2000),), ("1", 50), [("contraindication", "critical")]),
    ("左氧氟沙星片", (), ("1", 15), [("contraindication", "warning")]),
    ("左氧氟沙星片", (), ("1", 18), []),
    ("左氧氟沙星片", (), ("1", None), []),  # of unknown age: nothing is claimed
    ("布洛芬片", (fact("胃溃疡", "K25.9", 700),), ("1", 50), [("contraindication", "warning")]),
    ("布洛芬片", (fact("胃溃疡", "K25.9", 800),), ("1", 50), []),
]


@pytest.mark.parametrize(("ordered", "problems", "who", "expected"), CONTRAINDICATIONS)
def test_contraindications(
    ordered: str, problems: tuple[object, ...], who: tuple[str, int | None], expected: list[tuple[str, str]]
) -> None:
    chart = Chart(problems=problems, sex=who[0], age=who[1])  # type: ignore[arg-type]
    assert told(prompts(drug(ordered), chart=chart)) == expected


BLOOD = tuple(result(name, 2, value) for name, value in (("白细胞计数", "6.2"), ("红细胞计数", "4.5"), ("血红蛋白测定", "132")))


def test_a_panel_within_its_period_can_be_cited() -> None:
    (found,) = prompts(test_order("血常规（五分类）"), chart=Chart(tests=BLOOD))
    assert (found.rule, found.severity) == ("repeat_lab", "warning")
    assert found.title == "血常规 2 天前已在潢川县人民医院完成（互认期 3 天）"
    assert found.evidence[0].text == "血常规：白细胞计数 6.2，红细胞计数 4.5，血红蛋白测定 132"


# ordered | earlier | prompt
REPEATS = [
    ("血常规", tuple(replace(one, at=ago(4)) for one in BLOOD), []),  # beyond the period
    ("血常规", BLOOD[:2], []),  # two results are no panel
    ("血常规", (BLOOD[0], *(replace(one, report="R2") for one in BLOOD[1:])), []),  # of two samples
    ("血常规", (replace(BLOOD[0], critical=True), *BLOOD[1:]), []),  # a critical value must be repeated
    ("肝功能", BLOOD, []),
    ("胸部CT平扫", (result("胸部CT", 20, ""),), [("repeat_exam", "warning")]),
    ("胸部CT平扫", (result("胸部CT", 31, ""),), []),
    ("胸部CT平扫", (result("头颅CT", 3, ""),), []),
    ("颅脑磁共振", (result("头部MR平扫", 3, ""),), [("repeat_exam", "warning")]),
    ("电子胃镜", (result("无痛胃镜检查", 100, ""),), [("repeat_exam", "warning")]),
]


@pytest.mark.parametrize(("ordered", "tests", "expected"), REPEATS)
def test_repeated_tests(ordered: str, tests: tuple[object, ...], expected: list[tuple[str, str]]) -> None:
    assert told(prompts(test_order(ordered), chart=Chart(tests=tests))) == expected  # type: ignore[arg-type]


def test_critical_results_prompt_too_where_the_rule_says_so() -> None:
    rule = replace(shipped(BY_CODE["repeat_lab"]), parameters={"silent_when_critical": 0})
    chart = Chart(tests=(replace(BLOOD[0], critical=True), *BLOOD[1:]))
    assert told(prompts(test_order("血常规"), chart=chart, repeat_lab=rule)) == [("repeat_lab", "warning")]


def test_the_gravest_comes_first() -> None:
    chart = Chart(drugs=(taking("华法林钠片", 1), taking("双氯芬酸钠片", 1)), allergies=(fact("阿司匹林"),), tests=BLOOD)
    found = prompts(test_order("血常规"), drug("布洛芬片"), chart=chart)
    assert told(found) == [
        ("allergy", "critical"), ("interaction", "warning"), ("same_class", "warning"), ("repeat_lab", "warning"),
    ]  # fmt: skip


def test_what_was_overridden_in_this_visit_is_not_shown_again_unless_critical() -> None:
    chart = Chart(drugs=(taking("氨氯地平片", 1),), allergies=(fact("青霉素"),))
    orders = (drug("硝苯地平片"), drug("阿莫西林胶囊"))
    before = prompts(*orders, chart=chart)
    answered = frozenset(one.topic for one in before)
    assert told(before) == [("allergy", "critical"), ("same_class", "warning")]
    assert told(prompts(*orders, chart=chart, answered=answered)) == [("allergy", "critical")]


def test_a_rule_that_is_off_is_silent_and_a_capped_one_is_quieter() -> None:
    chart = Chart(allergies=(fact("青霉素"),))
    rule = shipped(BY_CODE["allergy"])
    assert prompts(drug("阿莫西林胶囊"), chart=chart, allergy=replace(rule, enabled=False)) == []
    assert told(prompts(drug("阿莫西林胶囊"), chart=chart, allergy=replace(rule, severity="info"))) == [("allergy", "info")]


def test_protected_records_protect_without_being_told() -> None:
    chart = Chart(
        drugs=(taking("碳酸锂片", 1, lasts=30, confidential=True),),
        problems=(fact("癫痫", "G40.9", confidential=True),),
        allergies=(fact("奥氮平", confidential=True),),
    )  # fmt: skip
    found = prompts(drug("布洛芬片"), drug("盐酸曲马多片"), drug("奥氮平片"), chart=chart)
    assert set(told(found)) == {("allergy", "critical"), ("interaction", "warning"), ("contraindication", "warning")}
    words = "".join(one.title + one.advice + "".join(p.text + p.institution for p in one.evidence) for one in found)
    assert not any(secret in words for secret in ("锂", "癫痫", "惊厥", "潢川"))
    assert all(proof.veiled and proof.at is None and not proof.ref for one in found for proof in one.evidence)


def test_on_opening_a_patient_allergies_and_conflicts_of_medicines_in_use() -> None:
    chart = Chart(
        drugs=(
            taking("华法林钠片", 3, lasts=28), taking("布洛芬片", 1), taking("布洛芬缓释胶囊", 1, institution="淮滨县医院"),
            taking("布洛芬片", 2),
        ),
        allergies=(fact("青霉素"), fact("磺胺")),
    )  # fmt: skip
    question = checking.Question((), chart, SHIPPED, all_shipped(), NOW)
    found = checking.check_patient(question).findings
    assert {one.severity for one in found} == {"info"}
    assert [one.title for one in found if one.rule == "known_allergy"] == ["患者有过敏史：青霉素、磺胺"]
    assert {one.rule for one in found} == {"known_allergy", "interaction", "same_drug"}


def test_silence_about_an_unknown_order_is_told() -> None:
    question = checking.Question((drug("院内制剂三号"), test_order("某基因检测")), Chart(), SHIPPED, all_shipped(), NOW)
    assert checking.check(question).unknown == ("院内制剂三号", "某基因检测")


@given(st.lists(st.sampled_from([name for name, *_ in SAME] + ["布洛芬片", "阿莫西林胶囊", "左氧氟沙星片"]), max_size=6))
def test_more_orders_never_take_a_prompt_away(names: list[str]) -> None:
    chart = Chart(drugs=(taking("华法林钠片", 1),), allergies=(fact("青霉素"),), sex="2", age=12)
    orders = [drug(name, key=str(place)) for place, name in enumerate(names)]
    fewer = {(one.order, one.subject) for one in prompts(*orders[:-1], chart=chart)}
    found = prompts(*orders, chart=chart)
    assert fewer <= {(one.order, one.subject) for one in found}
    assert [SEVERITIES.index(one.severity) for one in found] == sorted(SEVERITIES.index(one.severity) for one in found)
    assert all(len(one.title) <= 140 for one in found)


def test_every_shipped_row_says_that_it_is_to_be_confirmed() -> None:
    for table in TABLES:
        rows = shelf.shipped_rows(table.key)
        assert read_rows(table, rows)
        assert all("待确认" in row["来源"] for row in rows)


@pytest.mark.parametrize(
    ("table", "change", "column"),
    [
        ("interaction", {"级别": "很严重"}, "级别"), ("test_item", {"互认天数": "三天"}, "互认天数"),
        ("contraindication", {"诊断编码": "", "最小年龄": "", "最大年龄": ""}, "诊断编码"), ("drug_class", {"成分": ""}, "成分"),
        ("reason", {"适用规则": "不存在"}, "适用规则"),
    ],
)  # fmt: skip
def test_a_faulty_row_is_refused_by_table_line_column_and_rule(table: str, change: dict[str, str], column: str) -> None:
    rows = list(shelf.shipped_rows(table))
    rows[1] = {**rows[1], **change}
    with pytest.raises(Invalid) as refused:
        read_rows(shelf.table_of(table), rows)
    assert (refused.value.facts["line"], refused.value.facts["column"]) == (3, column)
    assert refused.value.facts["rule"]


def test_every_rule_has_a_reason_to_override_it() -> None:
    for rule in RULES:
        if rule.code != "known_allergy":
            assert len(SHIPPED.reasons_of(rule.code)) >= 2
