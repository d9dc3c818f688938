"""居民死亡医学证明（推断）书: certificate, underlying cause, review within seven days, statistics by cause."""

from applications.death.causes import CANCER, HEART, MAIN, MATERNAL, PREMATURE, STROKE
from applications.death.certificate import CERTIFICATE
from applications.death.hooks import end_care, tell
from health_platform.engine.api import (
    Application,
    Choice,
    Counting,
    Hook,
    Mark,
    Milestone,
    Milestones,
    Param,
    Population,
    Prompt,
    Register,
    Shown,
    Tally,
    Text,
    days,
    form,
    options,
)

PARAMS = (
    Param("report_days", "死亡信息报告时限", 7, 1, 30, "天", basis="死亡后7日内网络报告"),
    Param("review_days", "县级审核时限", 7, 1, 30, "天", basis="报告后7日内审核"),
)

REVIEW = form(
    "death_review",
    "死因审核",
    Choice("step", "审核层级", required=True, options=options("county 县级审核"), proposal="'county'"),
    Choice("verdict", "审核结果", required=True, options=options("1 通过", "2 订正后通过", "3 退回核实")),
    Text("note", "审核意见", when="verdict <> '1'", required=True, wide=True, lines=3, max_length=500),
    day="审核日期",
)

REGISTER = Register(
    "death", "死亡登记", CERTIFICATE,
    member="死者",
    admit="reported_on is not null",
    admit_message="缺少报告日期",
    leave=options("wrong 登记错误，撤销", "duplicate 重复登记"),
    schedules=(
        Milestones("review", "死因审核", REVIEW, anchor="entry_reported_on", match="step", counts="verdict in ('1', '2')",
                   items=(Milestone("county", "县级", at=days("review_days")),)),
    ),
    shown=(Shown(CERTIFICATE, "number", "证明书编号"), Shown(CERTIFICATE, "underlying"), Shown(CERTIFICATE, "underlying_name"),
           Shown(REVIEW, "verdict", "审核")),
    marks=(
        Mark("garbage", "死因不明", CERTIFICATE, "garbage", "bad"),
        Mark("late", "迟报", CERTIFICATE, "not timely", "warn"),
        Mark("returned", "退回核实", REVIEW, "verdict = '3'", "bad"),
        Mark("reviewed", "已审核", REVIEW, "verdict in ('1', '2')", "ok"),
    ),
    sections=("diagnosis", "visit"),
)  # fmt: skip

BASIS = "居民死亡医学证明（推断）书与人口死亡信息登记管理"
RESIDENTS = Population("residents", "年平均人口")
BIRTHS = Population("live_births", "活产数")
DEATHS = Counting("death", CERTIFICATE, basis=BASIS)
INDICATORS = (
    DEATHS.count("count", "死亡人数"),
    DEATHS.of("rate", "粗死亡率", of=RESIDENTS, factor=1000, unit="‰"),
    DEATHS.of("class_1", "传染病、母婴及营养缺乏性疾病构成", share="cause_class = '1'"),
    DEATHS.of("class_2", "慢性非传染性疾病构成", share="cause_class = '2'"),
    DEATHS.of("class_3", "伤害构成", share="cause_class = '3'"),
    DEATHS.of("class_9", "诊断不明构成", share="cause_class = '9'", good="less"),
    DEATHS.of("cancer", "恶性肿瘤死亡率", f"matches(underlying, '{CANCER}')", of=RESIDENTS, factor=100000, unit="1/10万"),
    DEATHS.of("heart", "心脏病死亡率", f"matches(underlying, '{HEART}')", of=RESIDENTS, factor=100000, unit="1/10万"),
    DEATHS.of("stroke", "脑血管病死亡率", f"matches(underlying, '{STROKE}')", of=RESIDENTS, factor=100000, unit="1/10万"),
    DEATHS.of("injury", "伤害死亡率", "cause_class = '3'", of=RESIDENTS, factor=100000, unit="1/10万"),
    DEATHS.count("premature", "四类慢性病早死（30–69岁）人数", f"age between 30 and 69 and matches(underlying, '{PREMATURE}')",
                 good="less"),
    DEATHS.of("infant", "婴儿死亡率", "age < 1", of=BIRTHS, factor=1000, unit="‰", good="less"),
    DEATHS.of("under_5", "5岁以下儿童死亡率", "age < 5", of=BIRTHS, factor=1000, unit="‰", good="less"),
    DEATHS.of("maternal", "孕产妇死亡率", f"matches(underlying, '{MATERNAL}')", of=BIRTHS, factor=100000,
            unit="1/10万", good="less"),
    DEATHS.of("timely", "及时报告率", share="coalesce(timely, false)", good="more"),
    DEATHS.of("garbage", "垃圾编码比例", share="coalesce(garbage, false)", good="less"),
    DEATHS.of("proven", "乡镇及以上诊断比例", share="diagnosed_by in ('1', '2', '3')", good="more"),
    *(DEATHS.of(f"by_{code}", f"死因构成：{label}", share=f"matches(underlying, '{pattern}')") for code, label, pattern in MAIN),
    DEATHS.on(REGISTER).of("reviewed", "审核率", share="reviews > 0", good="more"),
)  # fmt: skip

PROMPTS = (
    Prompt("garbage", "根本死因不明", CERTIFICATE, "garbage",
           "编码不能说明根本死因（症状体征、临终状态或不明确情况），请开展死因核实。", kept=True, basis=BASIS),
    Prompt("maternal", "孕产妇死亡", CERTIFICATE, "pregnancy = '1'",
           "孕产妇死亡：24小时内上报妇幼机构，启动评审。", level="urgent", kept=True),
    Prompt("child", "5岁以下儿童死亡", CERTIFICATE, "age < 5", "5岁以下儿童死亡：同时填报儿童死亡报告卡。", kept=True),
)  # fmt: skip

APPLICATION = Application(
    "death", "死因登记",
    heading="疾病控制", basis=BASIS, order=260,
    requirements=(("D05", "working", ""),),
    workers=("physician", "public_health_doctor", "village_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,), tallies=(Tally("reviews", REVIEW, value="verdict in ('1', '2')"),),
    indicators=INDICATORS, prompts=PROMPTS,
    hooks=(Hook("register.enrolled", "death_tell", tell), Hook("person.died", "death_end_care", end_care)),
)  # fmt: skip
