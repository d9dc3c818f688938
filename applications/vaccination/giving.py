"""The form of a dose: what is asked before, what is given, and what the programme makes of it."""

from applications.vaccination.programme import (
    AT_MONTHS,
    DOSE_OPTIONS,
    DOSES,
    GAPS,
    INJECTED_LIVE,
    LIVE_DOSES,
    banned,
)
from health_platform.engine.api import (
    Choice,
    Choices,
    Day,
    Form,
    Number,
    Rule,
    Section,
    Text,
    YesNo,
    options,
)

OF = {dose: f"dose = '{dose}'" for dose in DOSES}
_RECOMMENDED = "coalesce(" + ", coalesce(".join(
    f"if({OF[dose]}, add_months(birth_date, {AT_MONTHS[dose]}), null)" for dose in DOSES
) + ", null" + ")" * len(DOSES)  # fmt: skip


def _of_dose(values: dict[str, str]) -> str:
    """An expression that is, for each dose of the programme, what ``values`` says; unknown for the others."""
    text = "null"
    for dose, value in values.items():
        text = f"coalesce(if({OF[dose]}, {value}, null), {text})"
    return text


INTERVAL = _of_dose({dose: f"days_between(done_{before}, day)" for dose, (before, _) in GAPS.items()})
LEAST = _of_dose({dose: str(gap) for dose, (_, gap) in GAPS.items()})
LIVE = f"dose in ({', '.join(repr(dose) for dose in LIVE_DOSES)})"
LIVE_CLOSE = " or ".join(
    f"({OF[dose]} and coalesce(days_between(done_{other}, day) between 1 and 27, false))"
    for dose in INJECTED_LIVE for other in INJECTED_LIVE if other.split("_")[0] != dose.split("_")[0]
)  # fmt: skip
"""规范: injected live vaccines not given on one day stand 28 days apart."""
BARRED = " or ".join(f"(dose = '{option.code}' and so_far_{banned(option.code)} > 0)" for option in DOSE_OPTIONS)
NEEDS_OWN_ANTIBODIES = "dose in ('mmr_1', 'mmr_2', 'je_1', 'je_2', 'hepa_1')"
EARLY = "coalesce(day < recommended_on, false) or coalesce(interval < least, false) or live_close"

HERE = "not coalesce(elsewhere, false)"
"""Given here; what another institution gave is only told afterwards, and nobody here asked, observed or saw the vial."""

DOSE = Form(
    "vaccine_dose",
    "预防接种记录",
    (
        Section("接种前询问", (
            YesNo("elsewhere", "外院已接种，本次为补录", required=True, proposal="false"),
            Text("given_at", "接种单位", when="elsewhere", required=True, max_length=80),
            Number("temperature", "体温", when=HERE, required=True, low=34, high=42, places=1, unit="℃"),
            Choices("asked", "健康状况", when=HERE, wide=True, options=options(
                "1 正在发热或患急性病", "2 既往接种严重过敏反应", "3 对疫苗成分过敏", "4 免疫缺陷或正使用免疫抑制剂",
                "5 未控制的癫痫或进行性神经疾病", "6 妊娠期", "7 近3个月用过免疫球蛋白")),
            YesNo("informed", "已告知并签署知情同意", when=HERE, required=True),
        )),
        Section("接种", (
            Choice("dose", "疫苗与剂次", required=True, options=DOSE_OPTIONS),
            Text("product", "疫苗名称（产品）", required=True, max_length=80),
            Text("maker", "生产企业", required=True, max_length=80),
            Text("batch_no", "批号", required=True, max_length=30),
            Day("expires_on", "有效期至", when=HERE, required=True, future=True),
            Choice("site", "接种部位", required=True, options=options(
                "1 左上臂", "2 右上臂", "3 左大腿", "4 右大腿", "5 口服", "9 其他")),
            Choice("route", "途径", required=True, options=options("1 肌内", "2 皮下", "3 皮内", "4 口服", "9 其他")),
            Choice("paid", "费用", required=True, options=options("1 免疫规划（免费）", "2 非免疫规划（自费）"), proposal="'1'"),
            Text("given_by", "接种人员", when=HERE, required=True, max_length=30),
            Number("observed", "留观", when=HERE, required=True, low=0, high=240, unit="分钟"),
            Day("recommended_on", "程序规定日期", value=_RECOMMENDED),
            Number("interval", "距前一剂", unit="天", value=INTERVAL),
            Number("least", "最小间隔", unit="天", value=LEAST),
            YesNo("live_close", "与其他注射类减毒活疫苗间隔不足28天", value=f"if(dose is null, null, {LIVE_CLOSE})"),
            YesNo("early", "早于最小月龄或间隔（无效剂次）", value=f"if(dose is null, null, {EARLY})"),
            Text("early_reason", "提前接种的原因", when="early", required=True, wide=True,
                 hint="接种有误或外地补录；按无效剂次登记，须补种"),
            YesNo("timely", "及时接种", value="day < add_months(recommended_on, :timely_months) and not early"),
        )),
    ),
    rules=(
        Rule("temperature < 37.5", "体温37.5℃及以上，应暂缓接种", "temperature"),
        Rule("informed", "未告知或未签署知情同意，不得接种", "informed"),
        Rule("not coalesce(contains(asked, ',2,') or contains(asked, ',3,'), false)", "有严重过敏史，为接种禁忌", "asked"),
        Rule(f"not (coalesce(contains(asked, ',4,') or contains(asked, ',6,'), false) and {LIVE})",
             "免疫缺陷、使用免疫抑制剂者或妊娠期不得接种减毒活疫苗", "asked"),
        Rule("day >= birth_date", "接种日期早于出生日期", "dose"),
        Rule(f"coalesce(elsewhere, false) or not ({BARRED})", "该疫苗已登记永久禁忌，不得接种；登记有误的请先作废", "dose"),
        Rule(f"not (coalesce(contains(asked, ',7,'), false) and {NEEDS_OWN_ANTIBODIES})",
             "近3个月用过免疫球蛋白：麻腮风、乙脑、甲肝减毒疫苗应间隔3个月以上（待确认）；已接种的请确认", "asked", "confirm"),
        Rule("not coalesce(contains(asked, ',1,') or contains(asked, ',5,'), false)", "应暂缓接种；医师评估可以接种的请确认",
             "asked", "confirm"),
        Rule("expires_on >= day", "疫苗已过有效期", "expires_on"),
        Rule("not early", "未到最小月龄、与前一剂间隔不足，或与其他注射类减毒活疫苗不足28天：不应接种；已接种的登记为无效剂次",
             "dose", "confirm"),
        Rule("least is null or interval is not null", "前一剂没有有效记录，请先补录；确不能补录的请确认", "dose", "confirm"),
        Rule("observed >= :observe_minutes", "接种后留观不足", "observed", "confirm"),
    ),
    day="接种日期", version=5,
)  # fmt: skip
