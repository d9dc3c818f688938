"""居民死亡医学证明（推断）书: the dead, the chain of causes, the underlying cause with its class and what it must not be."""

from applications.death.causes import (
    CODE,
    COMMUNICABLE,
    EXTERNAL,
    FEMALE_ONLY,
    GARBAGE,
    INJURY_NATURE,
    MALE_ONLY,
    MATERNAL,
    UNCLEAR,
)
from health_platform.engine.api import (
    Choice,
    Coded,
    Day,
    Form,
    Rule,
    Section,
    Text,
    YesNo,
    options,
)

CLASSES = options("1 传染病、母婴及营养缺乏性疾病", "2 慢性非传染性疾病", "3 伤害", "9 诊断不明")
IS_CAUSE = f"(matches(underlying, '{CODE}') and not matches(underlying, '{INJURY_NATURE}'))"
"""A code typed in half, or of an injury's nature, has no class yet: none is told before the cause is there."""
LINES = (
    ("a", "直接导致死亡的疾病或情况"),
    ("b", "引起(a)的疾病或情况"),
    ("c", "引起(b)的疾病或情况"),
    ("d", "引起(c)的疾病或情况"),
)


def _line(letter: str, label: str) -> tuple[Coded, Text, Text]:
    asked = "" if letter == "a" else f"icd_{chr(ord(letter) - 1)} is not null"
    return (
        Coded(f"icd_{letter}", f"Ⅰ({letter}) {label}", system="ICD10", required=letter == "a", when=asked, hint="ICD-10编码"),
        Text(f"name_{letter}", f"({letter}) 疾病名称", when=f"icd_{letter} is not null", required=letter == "a"),
        Text(f"interval_{letter}", f"({letter}) 发病至死亡大概间隔", when=f"icd_{letter} is not null", max_length=20),
    )


CERTIFICATE = Form(
    "death_certificate",
    "居民死亡医学证明（推断）书",
    (
        Section("死者", (
            Text("number", "证明书编号", required=True, max_length=30),
            Choice("identity", "个人身份", options=options(
                "11 公务员", "13 专业技术人员", "17 职员", "21 企业管理人员", "24 工人", "27 农民", "31 学生", "37 现役军人",
                "51 自由职业者", "54 个体经营者", "70 无业人员", "80 离退休人员", "90 其他")),
            Choice("marriage", "婚姻状况", options=options("10 未婚", "20 已婚", "30 丧偶", "40 离婚", "90 未说明")),
            Choice("place", "死亡地点", required=True, options=options(
                "1 医疗卫生机构", "2 来院途中", "3 家中", "4 养老服务机构", "9 其他场所", "0 不详")),
            Choice("pregnancy", "死亡时是否处于妊娠期或妊娠终止后42天内", required=True,
                   when="sex = '2' and age between 10 and 55",
                   options=options("1 是", "2 否", "9 不详")),
            Text("family_name", "家属姓名", required=True, max_length=50),
            Text("family_phone", "家属电话", max_length=20),
            Text("lived_at", "生前常住地址", wide=True),
        )),
        Section("致死的主要疾病诊断（第Ⅰ部分自下而上为因果）", tuple(field for line in LINES for field in _line(*line))),
        Section("第Ⅱ部分及诊断依据", (
            Text("other", "Ⅱ 其他促进死亡但与第Ⅰ部分无关的情况", wide=True, lines=2, max_length=300),
            Choice("diagnosed_by", "最高诊断单位", required=True, options=options(
                "1 三级医院", "2 二级医院", "3 乡镇卫生院/社区卫生服务机构", "4 村卫生室", "9 其他", "0 未就诊")),
            Choice("evidence", "最高诊断依据", required=True, options=options(
                "1 尸检", "2 病理", "3 手术", "4 临床加理化", "5 临床", "6 死后推断", "9 不详")),
            Text("inquiry", "死亡调查记录（症状体征、死因推断）", required=True,
                 when="evidence in ('6', '9') or place in ('2', '3', '4', '9', '0')", wide=True, lines=4, max_length=1000),
        )),
        Section("根本死因", (
            Coded("underlying", "根本死因编码", system="ICD10", required=True, hint="按第Ⅰ部分最低一行预填；编码人员据规则核定",
                  proposal="coalesce(icd_d, coalesce(icd_c, coalesce(icd_b, icd_a)))"),
            Text("underlying_name", "根本死因", required=True,
                 proposal="coalesce(name_d, coalesce(name_c, coalesce(name_b, name_a)))"),
            Choice("cause_class", "死因分类", options=CLASSES, value=(
                f"if({IS_CAUSE}, if(matches(underlying, '{EXTERNAL}'), '3', if(matches(underlying, '{UNCLEAR}'), '9',"
                f" if(matches(underlying, '{COMMUNICABLE}'), '1', '2'))), null)")),
            YesNo("garbage", "不宜作根本死因的编码", value=f"if({IS_CAUSE}, matches(underlying, '{GARBAGE}'), null)"),
            Day("reported_on", "报告日期", required=True),
            YesNo("timely", "及时报告", value="days_between(day, reported_on) <= :report_days"),
        )),
    ),
    rules=(
        Rule(f"matches(underlying, '{CODE}')", "根本死因应填ICD-10编码，如 I63.9", "underlying"),
        Rule(f"not matches(underlying, '{INJURY_NATURE}')", "损伤、中毒的根本死因应为外部原因编码（V01–Y98）", "underlying"),
        Rule(f"not matches(underlying, '{FEMALE_ONLY}') or sex <> '1'", "该死因只见于女性，与性别不符", "underlying"),
        Rule(f"not matches(underlying, '{MALE_ONLY}') or sex <> '2'", "该死因只见于男性，与性别不符", "underlying"),
        Rule(f"not matches(underlying, '{MATERNAL}') or pregnancy = '1'",
             "孕产妇死因须注明妊娠期或妊娠终止后42天内", "pregnancy"),
        Rule("not matches(underlying, 'P.*') or age < 1", "围生期死因只用于不满1岁者，请核对", "underlying", "confirm"),
        Rule("reported_on >= day", "报告日期早于死亡日期", "reported_on"),
        Rule("not garbage", "该编码不能说明根本死因，请再向诊断单位核实；确无法核实再保存", "underlying", "confirm"),
    ),
    day="死亡日期", version=3,
)  # fmt: skip
