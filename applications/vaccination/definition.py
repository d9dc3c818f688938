"""预防接种: who is to get which dose when, what is asked before, what happened after, how far the town is covered."""

from applications.vaccination.giving import DOSE, HERE, OF
from applications.vaccination.programme import AT_MONTHS, BANS, DOSE_OPTIONS, DOSES, MILESTONES, banned, label_of
from health_platform.engine.api import (
    Application,
    Choice,
    Choices,
    Counting,
    Day,
    Mark,
    Milestones,
    Number,
    Param,
    Population,
    Prompt,
    Register,
    Rule,
    Shown,
    Tally,
    Text,
    YesNo,
    form,
    options,
)

PARAMS = (
    Param("timely_months", "及时接种：推荐月龄后", 1, 1, 3, "月", basis="程序规定月龄起1个月内（待确认）"),
    Param("observe_minutes", "接种后留观", 30, 30, 60, "分钟", basis="预防接种工作规范"),
    Param("wastage", "疫苗损耗系数", 1.2, 1.0, 3.0, basis="用量预测（待确认）"),
)

CARD = form(
    "vaccination_card",
    "预防接种建证建卡",
    Text("card_no", "接种证编号", required=True, max_length=30),
    Text("guardian", "监护人", max_length=30, when="age < 18", required=True),
    Text("guardian_phone", "监护人电话", max_length=20, when="age < 18", required=True),
    Number("birth_weight", "出生体重", low=400, high=7000, unit="g", when="age < 7"),
    Choice("mother_hbsag", "母亲HBsAg", when="age < 7", options=options("1 阳性", "2 阴性", "9 不详")),
    Choice("residence", "居住属性", required=True, options=options("1 本县户籍", "2 流动（3个月以上）", "3 临时")),
    day="建卡日期",
)

CONTRAINDICATION = form(
    "vaccine_refusal",
    "接种禁忌与缓种登记",
    Choice("kind", "性质", required=True, options=options("1 永久禁忌", "2 暂缓接种", "3 监护人拒绝")),
    Choices("doses", "涉及疫苗", required=True, wide=True, options=DOSE_OPTIONS),
    Text("reason", "诊断或原因", required=True, wide=True, max_length=200),
    Day("until_day", "暂缓至", when="kind = '2'", required=True, future=True),
    Text("judged_by", "判定机构与医师", when="kind <> '3'", required=True, max_length=80),
    rules=(Rule("until_day > day", "暂缓至的日期应晚于登记日期", "until_day"),),
    day="登记日期",
)

REACTION = form(
    "vaccine_reaction",
    "疑似预防接种异常反应（AEFI）",
    Choice("dose", "可疑疫苗", required=True, options=DOSE_OPTIONS),
    Day("vaccinated_on", "接种日期", required=True),
    Choice("kind", "主要临床表现", required=True, options=options(
        "1 发热≥38.6℃", "2 局部红肿>2.5cm", "3 硬结>2.5cm", "4 过敏性皮疹", "5 过敏性休克", "6 喉头水肿", "7 惊厥",
        "8 血小板减少性紫癜", "9 卡介苗淋巴结炎或播散", "10 疫苗相关麻痹", "11 晕厥", "12 无菌性脓肿", "99 其他")),
    Choice("severity", "严重程度", required=True, options=options("1 非严重", "2 严重（住院、致残、危及生命）", "3 死亡")),
    YesNo("cluster", "群体性", required=True, proposal="false"),
    Choice("verdict", "调查诊断", options=options(
        "1 一般反应", "2 异常反应", "3 疫苗质量事故", "4 接种事故", "5 偶合症", "6 心因性反应", "9 待定")),
    Choice("outcome", "转归", options=options("1 痊愈", "2 好转", "3 后遗症", "4 死亡", "9 不详")),
    Text("course", "经过与处理", required=True, wide=True, lines=3, max_length=1000),
    rules=(Rule("vaccinated_on <= day", "接种日期晚于发生日期", "vaccinated_on"),),
    day="发生日期",
)  # fmt: skip

SCHEDULE = Milestones("programme", "免疫规划", DOSE, items=MILESTONES, match="dose", anchor="birth_date",
                      counts="not coalesce(early, false)")  # fmt: skip

REGISTER = Register(
    "vaccination", "预防接种", CARD,
    member="受种者",
    leave=options("died 死亡", "moved 迁出", "lost 失访", "other 其他"),
    schedules=(SCHEDULE,),
    forms=(CONTRAINDICATION, REACTION),
    shown=(Shown(CARD, "card_no"), Shown(CARD, "guardian"), Shown(CARD, "guardian_phone"), Shown(DOSE, "dose", "末次接种")),
    marks=(
        Mark("banned", "永久禁忌", CONTRAINDICATION, "kind = '1'", "bad"),
        Mark("postponed", "暂缓", CONTRAINDICATION, "kind = '2' and until_day >= today()", "warn"),
        Mark("refused", "拒绝", CONTRAINDICATION, "kind = '3'", "warn"),
        Mark("reacted", "有异常反应", REACTION, "severity <> '1'", "bad"),
        Mark("invalid", "末次无效", DOSE, "early", "bad"),
        Mark("mother", "母亲乙肝阳性", CARD, "mother_hbsag = '1'", "warn"),
    ),
    sections=("vaccination", "allergy"),
)  # fmt: skip

BASIS = "预防接种工作规范；国家免疫规划疫苗儿童免疫程序及说明"


def _reached(dose: str) -> str:
    """Born early enough that the dose was due by the end of the period, and not before the period began."""
    due = f"add_months(birth_date, {AT_MONTHS[dose]})"
    return f"{due} <= period_end and {due} >= period_start"


def _named(ban: str) -> str:
    """A contraindication names a dose of the vaccine."""
    return " or ".join(f"contains(doses, ',{option.code},')" for option in DOSE_OPTIONS if banned(option.code) == ban)


CHILDREN = Population("children_0_6", "辖区应建证的0–6岁儿童数")
CARDS = Counting("vac", REGISTER, basis=BASIS)
GIVEN, REACTIONS = CARDS.on(DOSE), CARDS.on(REACTION)
TALLIES = (
    *(Tally(dose, DOSE, value=f"{OF[dose]} and not coalesce(early, false)") for dose in DOSES),
    *(Tally(ban, CONTRAINDICATION, value=f"kind = '1' and ({_named(ban)})") for ban in BANS),
)
COVERAGE = tuple(CARDS.of(dose, f"{label_of(dose)}接种率", _reached(dose), share=f"{dose} > 0", good="more") for dose in DOSES)
INDICATORS = (
    *COVERAGE,
    GIVEN.count("doses", "接种剂次", HERE, unit="剂次"),
    GIVEN.count("programme", "免疫规划疫苗剂次", f"paid = '1' and {HERE}", unit="剂次"),
    GIVEN.count("paid", "非免疫规划疫苗剂次", f"paid = '2' and {HERE}", unit="剂次"),
    GIVEN.of("timely", "及时接种率", "recommended_on is not null", share="coalesce(timely, false)", good="more"),
    GIVEN.count("invalid", "无效剂次（提前接种）", "early", unit="剂次", good="less"),
    GIVEN.of("observed", "留观满30分钟比例", HERE, share="observed >= 30", good="more"),
    REACTIONS.count("reactions", "AEFI报告数", unit="例"),
    REACTIONS.count("serious", "严重AEFI", "severity <> '1'", unit="例", good="less"),
    GIVEN.of("hepb_birth", "乙肝疫苗首剂及时接种率（出生次日内）", "dose = 'hepb_1'",
             share="coalesce(days_between(recommended_on, day) <= 1, false)", good="more"),
    CARDS.count("cards", "在册受种者", "active"),
    CARDS.of("card_rate", "建证率", "active and age < 7", of=CHILDREN, good="more"),
)  # fmt: skip

PROMPTS = (
    Prompt("serious", "严重异常反应", REACTION, "severity <> '1' or cluster",
           "死亡、严重残疾或群体性反应：2小时内逐级报告并启动调查。",
           level="urgent", kept=True, basis=BASIS),
    Prompt("mother", "乙肝母婴阻断", DOSE, f"dose = 'hepb_1' and entry_mother_hbsag in ('1', '9') and {HERE}",
           "母亲HBsAg阳性或不详：12小时内在不同部位注射乙肝免疫球蛋白。", level="urgent"),
    Prompt("tested", "卡介苗补种", DOSE, f"dose = 'bcg_1' and day >= add_months(birth_date, 3) and {HERE}",
           "3月龄至3岁：结核菌素试验（PPD）阴性者方可补种。"),
    Prompt("light", "低体重儿", DOSE, f"dose = 'bcg_1' and entry_birth_weight < 2500 and {HERE}",
           "出生体重低于2500g：卡介苗应待体重达标后接种（待确认）。"),
)  # fmt: skip

APPLICATION = Application(
    "vaccination", "预防接种",
    heading="公共卫生", basis=BASIS, order=320,
    requirements=(("D09", "working", "免疫程序月龄、间隔部分待确认"),),
    workers=("village_doctor", "public_health_doctor", "nurse"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
