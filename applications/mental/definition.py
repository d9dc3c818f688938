"""严重精神障碍患者管理服务规范（国家基本公共卫生服务规范第三版）: six disorders, danger 0–5, stability decides the rhythm."""

from applications.chronic import LEAVE, MANAGED, MET
from applications.mental.forms import ENTRY, EXAMINATION, FOLLOW_UP
from health_platform.engine.api import (
    Application,
    Counting,
    Mark,
    Param,
    PerPeriod,
    Population,
    Prompt,
    Recurring,
    Register,
    Shown,
    Step,
    Tally,
    days,
    months,
    options,
)

PARAMS = (
    Param("unstable_days", "病情不稳定者复访期限", 14, 7, 14, "天", basis="规范第三版：转诊后2周内随访"),
    Param("basic_days", "基本稳定者首次复访期限", 14, 7, 14, "天", basis="规范第三版：调整治疗后2周随访"),
    Param("basic_months", "基本稳定、治疗后稳定者随访间隔", 1, 1, 1, "月", basis="规范第三版：每月随访至稳定"),
    Param("stable_months", "病情稳定者随访间隔", 3, 1, 3, "月", basis="规范第三版：3个月随访"),
)

VISITS = Recurring(
    "visits", "精神障碍随访", FOLLOW_UP,
    first=months("stable_months"),
    counts=MET,
    steps=(
        Step(days("unstable_days"), "classification = '1'", "病情不稳定，转诊后2周内随访"),
        Step(days("unstable_days"), "referred", "已转诊，2周内随访转诊情况"),
        Step(months("basic_months"), "classification = '2' and previous_classification = '2'", "基本稳定，每月随访至稳定"),
        Step(days("basic_days"), "classification = '2'", "基本稳定，调整治疗后2周内随访"),
        Step(months("stable_months")),
    ),
)  # fmt: skip

REGISTER = Register(
    "mental", "严重精神障碍患者管理", ENTRY,
    member="严重精神障碍患者",
    admit="informed",
    admit_message="患者或监护人同意后方可纳入管理（不同意者由社区综合管理小组处理）",
    leave=options(*LEAVE),
    schedules=(VISITS, PerPeriod("exam", "精神障碍年检", EXAMINATION, period="year", counts="informed")),
    shown=(Shown(ENTRY, "disorder"), Shown(FOLLOW_UP, "danger", "危险性"), Shown(FOLLOW_UP, "classification", "末次分类")),
    marks=(
        Mark("danger", "3级及以上", FOLLOW_UP, "danger in ('3', '4', '5')", "bad"),
        Mark("unstable", "不稳定", FOLLOW_UP, "classification = '1'", "bad"),
        Mark("basic", "基本稳定", FOLLOW_UP, "classification = '2'", "warn"),
        Mark("stable", "稳定", FOLLOW_UP, "classification = '3'", "ok"),
        Mark("missed", "末次未访到", FOLLOW_UP, "way = '9'", "warn"),
    ),
    sections=("medication", "visit"),
)  # fmt: skip

BASIS = "国家基本公共卫生服务规范（第三版）严重精神障碍患者管理"
RESIDENTS = Population("residents", "常住人口")
TALLIES = (
    Tally("visits", FOLLOW_UP, value=MET),
    Tally("quarters_met", FOLLOW_UP, "distinct", f"if({MET} and full_quarter, year(day) * 4 + quarter(day), null)"),
    Tally("regular", FOLLOW_UP, "latest", f"coalesce({MET} and adherence = '1', false)"),
    Tally("stable", FOLLOW_UP, "latest", f"coalesce({MET} and classification = '3', false)"),
    Tally("dangerous", FOLLOW_UP, value="danger in ('3', '4', '5')"),
    Tally("events", FOLLOW_UP, value="events is not null"),
    Tally("exams", EXAMINATION, value="informed"),
)
COUNTED = Counting("mental", REGISTER, basis=BASIS, among="active")
INDICATORS = (
    COUNTED.count("registered", "在册患者数"),
    COUNTED.of("rate", "报告患病率", of=RESIDENTS, factor=1000, unit="‰", good="more"),
    COUNTED.count("managed", "在管患者数", f"active and {MANAGED}", good="more"),
    COUNTED.of("managed_rate", "管理率", share=MANAGED, good="more"),
    COUNTED.of("standard_rate", "规范管理率", share="quarters_met >= quarters and visits > 0", good="more"),
    COUNTED.of("stable_rate", "病情稳定率", f"active and {MANAGED}", share="stable", good="more"),
    COUNTED.of("regular_rate", "规律服药率", f"active and {MANAGED}", share="regular", good="more"),
    COUNTED.of("examined_rate", "体检率", share="exams > 0", good="more"),
    COUNTED.count("dangerous", "曾评为3级及以上人数", "dangerous > 0", good="less"),
    COUNTED.count("events", "发生危险行为人数", "events > 0", good="less"),
)

PROMPTS = (
    Prompt("danger", "危险性3级及以上", FOLLOW_UP, "danger in ('3', '4', '5')",
           "危险性评估3–5级：紧急处置，立即转诊，报告当地公安部门和社区综合管理小组，2周内随访。",
           level="urgent", kept=True, basis=BASIS),
    Prompt("unstable", "病情不稳定", FOLLOW_UP, "classification = '1' and danger in ('0', '1', '2')",
           "精神症状明显、自知力缺失、严重不良反应或严重躯体疾病：对症处理后立即转诊，2周内随访。", kept=True, basis=BASIS),
    Prompt("stopped", "停药", FOLLOW_UP, "adherence = '3'", "未服药：了解原因，劝导规律服药，告知监护人。", basis=BASIS),
    Prompt("locked", "关锁", FOLLOW_UP, "locked", "存在关锁：报告并协助解锁救治。", kept=True, basis=BASIS),
)  # fmt: skip

APPLICATION = Application(
    "mental", "严重精神障碍管理",
    heading="慢病管理", basis=BASIS, order=230,
    requirements=(("D03", "working", "严重精神障碍"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator",),
    params=PARAMS, registers=(REGISTER,), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
