"""Rules for residents of a Chinese city: the reviewed starting point every tenant begins with.

Priors are shares among matches (m) and among strangers (u). They come from the review recorded in
``docs/matching.md`` and are replaced, level by level, by what EM finds in the city's own data; a level the data
rarely shows keeps its prior.
"""

from __future__ import annotations

from empi.definitions.schema import Dummies, FieldRule, Outcome, PairRule, Pass, Prior, Rules, Thresholds, Training, When
from empi.definitions.shape_alikes import SHAPE_ALIKES

NAME_AGREES = ("equal", "shape", "homophone", "swapped", "partial", "placeholder")
NAME_DISAGREES = ("given_differs", "surname_only", "surname_differs", "differ")
BIRTH_AGREES = ("equal", "slip", "lunar", "year_off", "guessed")
BIRTH_DISAGREES = ("differ", "same_year")
SAME_DOCUMENT = ("equal", "equal_other")

FIELDS = (
    FieldRule(
        "name",
        "姓名",
        "person_name",
        ("name",),
        (
            Prior("equal", 0.90, 2e-4),
            Prior("shape", 0.006, 2e-6),
            Prior("homophone", 0.02, 8e-6),
            Prior("swapped", 0.004, 5e-6),
            Prior("partial", 0.012, 6e-5),
            Prior("placeholder", 0.008, 5e-5),
            Prior("given_differs", 0.004, 0.004),
            Prior("surname_only", 0.004, 0.03),
            Prior("surname_differs", 0.001, 3e-4),
            Prior("differ", 0.001, 0.96),
            Prior("newborn", 0.04, 0.04),
        ),
        frequency=True,
    ),
    FieldRule(
        "birth",
        "出生日期",
        "birth",
        ("birth_date",),
        (
            Prior("equal", 0.90, 4e-5),
            Prior("slip", 0.02, 8e-4),
            Prior("lunar", 0.015, 0.0025),
            Prior("year_off", 0.015, 7e-5),
            Prior("guessed", 0.015, 6e-4),
            Prior("same_year", 0.006, 0.012),
            Prior("differ", 0.01, 0.98),
            Prior("window", 0.02, 0.015),
        ),
    ),
    FieldRule(
        "document",
        "证件号码",
        "document",
        ("id_type", "id_no"),
        (
            Prior("equal", 0.92, 4e-6),
            Prior("equal_other", 0.02, 4e-7),
            Prior("near", 0.03, 2e-7),
            Prior("near_two", 0.004, 1e-6),
            Prior("masked", 0.006, 1e-5),
            Prior("differ_weak", 0.01, 0.04),
            Prior("differ", 0.004, 0.95),
            Prior("equal_doubted", 0.003, 3e-6),
            Prior("differ_doubted", 0.006, 0.01),
        ),
    ),
    FieldRule("sex", "性别", "sex", ("gender",), (Prior("equal", 0.99, 0.5), Prior("differ", 0.01, 0.5))),
    FieldRule(
        "phone",
        "电话",
        "phone",
        ("phone",),
        (
            Prior("private", 0.5, 1e-6),
            Prior("family", 0.2, 2e-5),
            Prior("shared", 0.04, 2e-5),
            Prior("common", 0.01, 1e-4),
            Prior("near", 0.02, 2e-6),
            Prior("differ", 0.25, 0.9999),
        ),
    ),
    FieldRule(
        "address",
        "住址",
        "address",
        ("address",),
        (
            Prior("full", 0.5, 4e-5),
            Prior("place", 0.35, 1e-3),
            Prior("house_differs", 0.01, 1e-3),
            Prior("town", 0.04, 0.02),
            Prior("county", 0.04, 0.1),
            Prior("differ", 0.06, 0.88),
        ),
    ),
    FieldRule("card", "卡号", "card", ("card_type", "card_no"), (Prior("equal", 0.97, 4e-6), Prior("differ", 0.03, 0.999996))),
    FieldRule(
        "local",
        "院内患者号",
        "local_number",
        ("domain_id", "local_id"),
        (Prior("equal", 0.3, 1e-6), Prior("differ", 0.7, 0.999999)),
        fixed=True,
    ),
    FieldRule(
        "mother",
        "母亲",
        "mother",
        ("mother_name", "mother_id_no"),
        (
            Prior("id_equal", 0.6, 2e-4),
            Prior("name_equal", 0.36, 1e-3),
            Prior("id_differ", 0.02, 0.5),
            Prior("name_differ", 0.02, 0.5),
        ),
    ),
    FieldRule(
        "birth_order",
        "出生次序",
        "birth_order",
        (),
        (Prior("equal", 0.3, 0.3), Prior("differ", 0.3, 0.3), Prior("one_stated", 0.4, 0.4)),
        fixed=True,
    ),
    FieldRule("known", "身份不明", "known", (), (Prior("unknown", 0.5, 0.5),), fixed=True),
)

PASSES = (
    Pass("document", ("document.full",), ("name.surname", "birth.day")),
    Pass("local number", ("local.full",), ("name.surname",)),
    Pass("card", ("card.full",), ("name.surname", "birth.day")),
    Pass("pinyin, birth", ("name.pinyin", "birth.day"), ("sex.full", "address.place", "phone.full")),
    Pass("surname, sex, birth", ("name.surname", "sex.full", "birth.day"), ("address.town", "address.place"), compatible=True),
    Pass("syllables, birth", ("name.sorted", "birth.day"), ("address.place",)),
    Pass("document head, surname", ("document.head", "name.surname"), ("sex.full", "address.place")),
    Pass("document tail, surname", ("document.tail", "name.surname"), ("address.town",)),
    Pass("document ends, surname", ("document.ends", "name.surname"), ("birth.year", "address.place"), compatible=True),
    Pass("phone, birth year", ("phone.full", "birth.year"), ("birth.day", "name.surname")),
    Pass("phone, pinyin", ("phone.full", "name.pinyin"), ("birth.year", "address.place")),
    Pass("pinyin, house", ("name.pinyin", "address.house"), ("birth.year",)),
    Pass("pinyin, place", ("name.pinyin", "address.place"), ("birth.year", "address.house"), compatible=True),
    Pass("pinyin, month and day", ("name.pinyin", "birth.month_day"), ("address.town", "address.place")),
    Pass("segment, birth", ("name.segment", "birth.day"), ("address.place",)),
    Pass("mother's number", ("mother.number",), ("birth.year", "birth.day")),
    Pass("mother's name, birth", ("mother.name", "birth.day"), ("address.town",)),
    Pass("birth, house", ("birth.day", "address.house"), ("sex.full",)),
    Pass("birth, place", ("birth.day", "address.place"), ("sex.full", "name.surname"), compatible=True),
    Pass("phone, sex, house", ("phone.full", "sex.full", "address.house"), ("name.surname",)),
)

NAME_APART = When("name", NAME_DISAGREES)
BIRTH_APART = When("birth", BIRTH_DISAGREES)

PAIR_RULES = (
    PairRule(
        "M01",
        "身份不明者不自动关联",
        Outcome.NO,
        (When("known", ("unknown",)),),
        (When("local", ("equal",)), When("document", ("equal",))),
        apart=True,
    ),
    PairRule("M02", "出生次序不同", Outcome.NO, (When("birth_order", ("differ",)),), apart=True),
    PairRule(
        "M03",
        "证件相同而姓名、出生日期均不符",
        Outcome.CONFLICT,
        (When("document", (*SAME_DOCUMENT, "equal_doubted")), NAME_APART, BIRTH_APART),
        apart=True,
    ),
    PairRule(
        "M04",
        "院内患者号相同而姓名、出生日期均不符",
        Outcome.CONFLICT,
        (When("local", ("equal",)), NAME_APART, BIRTH_APART),
        apart=True,
    ),
    PairRule(
        "M05", "卡号相同而姓名、出生日期均不符", Outcome.CONFLICT, (When("card", ("equal",)), NAME_APART, BIRTH_APART), apart=True
    ),
    PairRule(
        "M06",
        "证件相同、姓名不符而无出生日期佐证",
        Outcome.CONFLICT,
        (When("document", (*SAME_DOCUMENT, "equal_doubted")), NAME_APART),
        (When("birth", BIRTH_AGREES), When("local", ("equal",))),
        apart=True,
    ),
    PairRule(
        "M07",
        "两个有效证件号码不同",
        Outcome.POSSIBLE,
        (When("document", ("differ",)),),
        (When("local", ("equal",)),),
        apart=True,
    ),
    PairRule("M08", "姓名与出生日期均不符", Outcome.NO, (NAME_APART, BIRTH_APART), apart=True),
    PairRule(
        "M09",
        "姓名不符而无证件佐证（双胞胎、同户）",
        Outcome.POSSIBLE,
        (NAME_APART,),
        (When("document", SAME_DOCUMENT), When("local", ("equal",))),
        apart=True,
    ),
    PairRule(
        "M10",
        "新生儿性别不符",
        Outcome.TWIN,
        (When("name", ("newborn",)), When("sex", ("differ",))),
        (When("local", ("equal",)),),
        apart=True,
    ),
    PairRule(
        "M11",
        "新生儿出生日期不符",
        Outcome.NO,
        (When("name", ("newborn",)), When("birth", ("differ",))),
        (When("local", ("equal",)),),
        apart=True,
    ),
    PairRule(
        "M12",
        "新生儿出生日期不同而非同一母亲",
        Outcome.NO,
        (When("name", ("newborn",)), When("birth", ("same_year",))),
        (When("local", ("equal",)), When("mother", ("id_equal", "name_equal"))),
        apart=True,
    ),
    PairRule(
        "M16",
        "新生儿无出生日期",
        Outcome.POSSIBLE,
        (When("name", ("newborn",)), When("birth", ("missing",))),
        (When("local", ("equal",)), When("document", SAME_DOCUMENT)),
    ),
    PairRule(
        "M13",
        "无姓名",
        Outcome.POSSIBLE,
        (When("name", ("missing",)),),
        (When("document", SAME_DOCUMENT), When("local", ("equal",))),
    ),
    PairRule(
        "M14",
        "姓名与出生日期相同而住址不符，别无佐证（可能同名同日生）",
        Outcome.POSSIBLE,
        (When("name", NAME_AGREES), When("address", ("town", "county", "differ"))),
        (
            When("document", (*SAME_DOCUMENT, "near", "near_two", "masked")),
            When("local", ("equal",)),
            When("card", ("equal",)),
            When("phone", ("private", "family", "shared", "near")),
            When("mother", ("id_equal", "name_equal")),
        ),
    ),
    PairRule(
        "M15",
        "一方注明出生次序，可能是双胞胎的另一个",
        Outcome.TWIN,
        (When("birth_order", ("one_stated",)),),
        (
            When("document", SAME_DOCUMENT),
            When("local", ("equal",)),
        ),
    ),
)

OPTIONAL_RULES = (
    PairRule(
        "T01",
        "无证件、卡号或院内号佐证的一律复核",
        Outcome.POSSIBLE,
        (),
        (
            When("document", (*SAME_DOCUMENT, "near", "masked")),
            When("card", ("equal",)),
            When("local", ("equal",)),
        ),
        optional=True,
    ),
    PairRule(
        "T02",
        "姓名仅同音或形近的一律复核",
        Outcome.POSSIBLE,
        (When("name", ("homophone", "shape")),),
        (When("document", SAME_DOCUMENT), When("local", ("equal",))),
        optional=True,
    ),
    PairRule(
        "T03",
        "新生儿占位姓名一律复核",
        Outcome.POSSIBLE,
        (When("name", ("newborn",)),),
        (When("document", SAME_DOCUMENT), When("local", ("equal",))),
        optional=True,
    ),
)
"""Extra caution a tenant may switch on."""

DUMMIES = Dummies(
    ids=("123456789012345678", "12345678901234567X", "123456789012345", "110101190001010000", "110101190001011234"),
    phones=("13000000000", "13800138000", "12345678901", "12345678910", "13888888888", "13912345678"),
    dates=("19000101", "19700101", "99991231", "18991230", "19000000", "20991231", "11111111"),
    names=(
        "无名氏",
        "无名",
        "三无人员",
        "三无",
        "未知",
        "不详",
        "佚名",
        "无名男",
        "无名女",
        "路人",
        "UNKNOWN",
        "无姓名",
        "流浪汉",
        "身份不明",
        "无主",
        "某某",
        "甲",
        "乙",
        "测试",
        "TEST",
    ),
    words=(
        "无",
        "不详",
        "未知",
        "NULL",
        "NONE",
        "N/A",
        "NA",
        "-",
        "/",
        "\\",
        "无身份证",
        "未提供",
        "拒绝提供",
        "空",
        "暂无",
        "没有",
    ),
    local_card_types=("MRC",),
)

RESIDENTS = Rules(
    name="residents",
    fields=FIELDS,
    passes=PASSES,
    pair_rules=(*PAIR_RULES, *OPTIONAL_RULES),
    key_column="rec_id",
    seen_column="source_time",
    tenant_column="division_code",
    block_cap=200,
    thresholds=Thresholds(),
    dummies=DUMMIES,
    training=Training(passes=("document", "pinyin, birth", "phone, pinyin", "card", "local number")),
    shape_alikes=SHAPE_ALIKES,
)
