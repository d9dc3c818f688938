"""What expressions mean, by example, and what people are told when one is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from stdnum.cn import ric, uscc

from health_platform.expressions.api import Kind, aggregate, describe, evaluate, names, parameters, parse, to_text, usage
from health_platform.kernel.errors import Invalid

pytestmark = pytest.mark.system("G10")

FIELDS = {
    "gender": Kind.TEXT,
    "diagnosis_code": Kind.TEXT,
    "birth_date": Kind.DAY,
    "admitted_at": Kind.INSTANT,
    "discharged_at": Kind.INSTANT,
    "total_cost": Kind.NUMBER,
    "drug_cost": Kind.NUMBER,
    "dead": Kind.BOOLEAN,
}
VISIT: dict[str, Any] = {
    "gender": "1",
    "diagnosis_code": "O80.0",
    "birth_date": date(2008, 2, 29),
    "admitted_at": datetime(2026, 2, 27, 16, 30, tzinfo=UTC),
    "discharged_at": datetime(2026, 3, 2, 1, tzinfo=UTC),
    "total_cost": Decimal("100.10"),
    "drug_cost": Decimal("33.40"),
    "dead": 0,
}


def meaning(text: str, row: dict[str, Any] = VISIT) -> Any:
    return evaluate(parse(text, FIELDS), row, today=date(2026, 11, 21))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gender = '1' and starts_with(diagnosis_code, 'O')", True),
        ("discharged_at < admitted_at", False),
        ("abs(total_cost - drug_cost - 66.7) <= 0.01", True),
        ("years_between(birth_date, admitted_at)", 17),
        ("years_between(birth_date, date '2026-03-01')", 18),
        ("day_of(admitted_at)", date(2026, 2, 28)),
        ("days_between(admitted_at, discharged_at)", 2),
        ("hours_between(admitted_at, discharged_at)", 56),
        ("add_months(date '2026-01-31', 1)", date(2026, 2, 28)),
        ("add_days(today(), -1)", date(2026, 11, 20)),
        ("10 / 3", Decimal("3.333333")),
        ("-7 / 2", Decimal("-3.5")),
        ("2 + 3 * 4", 14),
        ("round(2.345, 2)", Decimal("2.35")),
        ("substring(diagnosis_code, 1, 3)", "O80"),
        ("matches(diagnosis_code, '[A-Z][0-9]{2}(\\.[0-9])?')", True),
        ("admitted_at > instant '2026-02-28 00:00:00'", True),
        ("not dead", True),
        ("if(dead, 'x', null) is null", True),
    ],
)
def test_meaning(text: str, value: object) -> None:
    assert meaning(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gender = '1'", None),
        ("gender != '1'", None),
        ("not gender = '1'", None),
        ("gender in ('1', '2')", None),
        ("gender = '1' or true", True),
        ("gender = '1' and false", False),
        ("gender is null", True),
        ("coalesce(gender, '9')", "9"),
        ("total_cost / 0", None),
        ("total_cost / (drug_cost - drug_cost)", None),
        ("trim('   ')", None),
        ("if(gender = '1', 1, 2)", 2),
        ("total_cost + drug_cost", None),
    ],
)
def test_what_is_not_filled_in_is_unknown(text: str, value: object) -> None:
    assert meaning(text, {**dict.fromkeys(VISIT), "gender": ""}) == value


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "10000000000000000000"])
def test_a_number_no_field_can_hold_is_unknown(number: str) -> None:
    for raw in (Decimal(number), float(number)):
        assert meaning("total_cost > 1", {**VISIT, "total_cost": raw}) is None


def test_figures_over_many_rows() -> None:
    rows = [{"gender": "1", "total_cost": 10}, {"gender": "2", "total_cost": 20}, {"gender": "2", "total_cost": None}]
    figures = {
        "count()": 3,
        "count(where gender = '2')": 2,
        "sum(total_cost where gender = '9')": 0,
        "avg(total_cost)": 15,
        "max(total_cost where gender = '9')": None,
        "distinct(gender)": 2,
        "ratio(count(where gender = '2'), count(where gender = '9'))": None,
        "ratio(count(where gender = '2'), count()) * 100": Decimal("66.6666"),
    }
    assert {text: aggregate(parse(text, FIELDS, aggregate=True), rows) for text in figures} == figures


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "expression.syntax", "表达式为空"),
        ("(gender = '1'", "expression.syntax", "括号和引号是否成对"),
        ("gender = “1”", "expression.syntax", "全角符号，请改用半角“'”"),
        ("gender == '1'", "expression.syntax", "相等请写一个等号"),
        ("gender = '1", "expression.syntax", "引号没有成对"),
        ("total_cost > 1.1234567", "expression.syntax", "6 位小数"),
        ("birth_date > date '2026-02-30'", "expression.syntax", "date '2026-01-31'"),
        ("admitted_at < instant '2299-12-31 23:00:00-05:00'", "expression.syntax", "北京时间"),
        ("admitted_at > instant '1900-01-01 00:00:00'", "expression.syntax", "北京时间"),
        ("gendr = '1'", "expression.field", "是否想用：gender"),
        ("yaers_between(birth_date, today()) > 1", "expression.function", "years_between"),
        ("gender = 1", "expression.type", "文本请加单引号"),
        ("gender = ''", "expression.type", "is null"),
        ("gender = null", "expression.type", "is null"),
        ("birth_date < admitted_at", "expression.type", "day_of"),
        ("dead > true", "expression.type", "= 或 !="),
        ("matches(gender, '(a)\\1')", "expression.type", "不支持反向引用"),
        ("count() > 1", "expression.type", "不能使用汇总函数"),
        ("total_cost * total_cost * total_cost * total_cost > 1", "expression.type", "数值可能过大"),
        ("not " * 100 + "dead", "expression.type", "嵌套超过"),
        ("(" * 5000, "expression.syntax", "成对"),
        ("gender = '1' or " * 1000 + "dead", "expression.size", "10000"),
        ("years_between(birth_date)", "expression.type", "需要 2 个参数"),
    ],
)
def test_a_wrong_expression_is_refused_with_the_way_out(text: str, code: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, FIELDS)
    assert refused.value.code == code
    assert words in refused.value.message
    assert refused.value.facts["position"] >= 1 if code != "expression.size" else True


def test_a_figure_is_refused_where_fields_and_figures_mix() -> None:
    for text in ("count() + total_cost", "total_cost", "sum(count())", "count(total_cost)"):
        with pytest.raises(Invalid, match=r"expression\.type"):
            parse(text, FIELDS, aggregate=True)


def test_names_of_what_an_expression_reads() -> None:
    node = parse("gender = :wanted and birth_date is null", FIELDS, params={"wanted": Kind.TEXT})
    assert names(node) == {"gender", "birth_date"}
    assert parameters(node) == {"wanted"}
    with pytest.raises(Invalid, match="wanted"):
        evaluate(node, VISIT)


def test_a_sentence_for_hospitals() -> None:
    labels = {"gender": "性别", "diagnosis_code": "诊断编码", "admitted_at": "入院时间"}
    node = parse("gender = '1' and (diagnosis_code not in ('O80', 'O81') or admitted_at is not null)", FIELDS)
    assert describe(node, labels) == "【性别】等于“1”，且（【诊断编码】不为“O80”、“O81”之一，或【入院时间】已填写）"


def test_keywords_and_names_are_read_in_any_case() -> None:
    assert to_text(parse("GENDER = 'a' AND Dead", FIELDS)) == "gender = 'a' and dead"


def test_every_function_is_explained() -> None:
    assert all(written and meant for written, meant in usage())
    assert len(usage()) > 35


@pytest.mark.parametrize(
    "number", ["11010519491231002X", "440524188001010014", "11010519491231002x", "110105194912310021", "12345"]
)
def test_id_numbers_agree_with_a_well_known_library(number: str) -> None:
    since_1900 = number[6:8] in ("19", "20")
    assert meaning(f"valid_id_number('{number}')") is (ric.is_valid(number) and since_1900)


@pytest.mark.parametrize("code", ["91110000600037341L", "91110000600037341M", "91350100M000100Y43", "A1110000600037341L"])
def test_credit_codes_agree_with_a_well_known_library(code: str) -> None:
    assert meaning(f"valid_credit_code('{code}')") is uscc.is_valid(code)
