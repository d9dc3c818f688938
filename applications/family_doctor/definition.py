"""家庭医生签约服务: teams and packages as things, contracts as memberships that end, services as submissions."""

from applications.family_doctor.agreement import CONTRACT, PACKAGE, TEAM
from applications.family_doctor.fulfilment import CHECK, DOUBT, EVALUATION, SERVICE, WISH
from applications.family_doctor.limits import full
from applications.family_doctor.settling import PARAMS as SETTLING
from applications.family_doctor.settling import SETTLEMENT
from health_platform.engine.api import (
    Application,
    Closing,
    Counting,
    Mark,
    Milestone,
    Milestones,
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
    Param("contract_months", "签约周期", 12, 12, 36, "月", basis="关于推进家庭医生签约服务高质量发展的指导意见"),
    Param("renew_days", "到期前可续签、提醒续约的天数（待确认）", 60, 15, 120, "天"),
    Param("contact_months", "最长随访联系间隔", 3, 1, 6, "月"),
    Param("team_limit", "每个团队签约居民上限", 2000, 500, 3000, "人", basis="签约人数原则上不超过2000人"),
    *SETTLING,
)
CONTACT = Recurring(
    "contact", "签约服务", SERVICE,
    first=days(30),
    steps=(Step(months("contact_months")),),
)  # fmt: skip

RENEWAL = Milestones(
    "renewal", "到期续约", WISH,
    items=(Milestone("end", "本期届满", at=days(0)),),
    match="term", anchor="ends_on", lead=days("renew_days"), counts="wish <> '9'",
)  # fmt: skip

TEAMS = Register(
    "doctor_team", "家庭医生团队", TEAM,
    subject="thing", title="called", member="团队", leave=options("dissolved 解散", "merged 合并"),
    shown=(Shown(TEAM, "leader"), Shown(TEAM, "service_phone"), Shown(TEAM, "area")),
)  # fmt: skip
PACKAGES = Register(
    "service_package", "签约服务包", PACKAGE,
    subject="thing", title="called", member="服务包", leave=options("withdrawn 停用",),
    shown=(Shown(PACKAGE, "grade"), Shown(PACKAGE, "price"), Shown(PACKAGE, "times")),
)  # fmt: skip
CONTRACTS = Register(
    "family_contract", "家庭医生签约", CONTRACT,
    member="签约居民",
    admit="consent",
    admit_message="居民签字确认后协议方可生效",
    team="doctors",
    check=full,
    leave=options("moved 迁出", "lost 失联", "refused 拒绝服务", "asked 主动解约", "died 死亡", "other 其他"),
    closing=Closing(SETTLEMENT, ("moved", "lost", "refused", "asked", "other"), when="price > 0"),
    forms=(EVALUATION, CHECK),
    schedules=(CONTACT, PerPeriod("evaluation", "年度评价", EVALUATION, period="year"), RENEWAL),
    shown=(Shown(CONTRACT, "number"), Shown(CONTRACT, "groups"), Shown(CONTRACT, "due_times", "约定项次"),
           Shown(SERVICE, "done", "已履约")),
    marks=(
        Mark("fulfilled", "已履约", SERVICE, "so_far_services >= entry_due_times", "ok"),
        Mark("unhappy", "不满意", EVALUATION, "satisfaction in ('1', '2')", "bad"),
        Mark("going_on", "愿续约", WISH, "wish in ('1', '2', '3')", "ok"),
        Mark("leaving", "不续约", WISH, "wish = '4'", "warn"),
        Mark("doubted", "抽查有问题", CHECK, DOUBT, "bad"),
        Mark("settled", "已结算", SETTLEMENT, "agreed", "info"),
    ),
    lasts=months("contract_months"),
    renews=days("renew_days"),
    sections=("diagnosis", "medication", "laboratory"),
)  # fmt: skip

TALLIES = (
    Tally("services", SERVICE),
    Tally("home_visits", SERVICE, value="way = '2'"),
    Tally("fulfilled", SERVICE, "latest", "coalesce(done >= 1, false)"),
    Tally("happy", EVALUATION, "latest", "satisfaction in ('4', '5')"),
    Tally("would_renew", EVALUATION, "latest", "renew"),
    Tally("evaluations", EVALUATION),
    Tally("checks", CHECK),
    Tally("true_checks", CHECK, value="signed and served and signature"),
)
BASIS = "关于推进家庭医生签约服务高质量发展的指导意见"
RESIDENTS = Population("residents", "常住人口")
KEY_GROUPS = Population("key_groups", "重点人群数")
ENDED = "coalesce(close_reason in ('moved', 'lost', 'refused', 'asked'), false)"
KEY = "not contains(entry_groups, ',0,')"

COUNTED = Counting("fd", CONTRACTS, basis=BASIS)
INDICATORS = (
    COUNTED.count("signed", "签约人数", "active", good="more"),
    COUNTED.of("signed_rate", "签约覆盖率", "active", of=RESIDENTS, good="more"),
    COUNTED.count("key_signed", "重点人群签约人数", f"active and {KEY}", good="more"),
    COUNTED.of("key_rate", "重点人群签约覆盖率", f"active and {KEY}", of=KEY_GROUPS, good="more"),
    COUNTED.of("paid_rate", "有偿签约比例", "active", share="entry_price > 0"),
    COUNTED.of("served_rate", "签约服务率", share="services > 0", good="more"),
    COUNTED.of("fulfilled_rate", "履约率", share="services >= entry_due_times", good="more"),
    COUNTED.count("services", "服务人次", total="services", unit="人次", good="more"),
    COUNTED.of("services_each", "人均服务次数", total="services", mean=True, unit="次", good="more"),
    COUNTED.count("home_visits", "上门服务人次", total="home_visits", unit="人次", good="more"),
    COUNTED.of("happy_rate", "居民满意率", "evaluations > 0", share="coalesce(happy, false)", good="more"),
    COUNTED.of("evaluated_rate", "年度评价率", share="evaluations > 0", good="more"),
    COUNTED.of("renew_rate", "续约意愿率", "evaluations > 0", share="coalesce(would_renew, false)", good="more"),
    COUNTED.of("renewed_rate", "到期续约率", "coalesce(close_reason in ('expired', 'renewed'), false)",
               share="close_reason = 'renewed'", good="more"),
    COUNTED.of("ended_rate", "解约率", share=ENDED, good="less"),
    COUNTED.of("checked_rate", "抽查率", share="checks > 0", good="more"),
    COUNTED.of("true_rate", "抽查真实率", "checks > 0", share="true_checks >= checks", good="more"),
    COUNTED.on(SETTLEMENT).of("refunds", "解约退款", total="coalesce(refund, 0)", unit="元"),
)  # fmt: skip

PROMPTS = (
    Prompt("unhappy", "居民不满意", EVALUATION, "satisfaction in ('1', '2') or not renew",
           "居民不满意或不愿续约：由团队长一周内联系，了解原因。", kept=True, basis=BASIS),
    Prompt("empty", "内容与项目不符", SERVICE, "item = '08' and way <> '2'", "上门服务的服务方式应为“上门”。"),
    Prompt("doubted", "抽查发现问题", CHECK, DOUBT,
           "签约或履约不实：由签约机构核实整改，三个工作日内反馈。", kept=True, basis=BASIS),
    Prompt("lost_money", "结算有退款", SETTLEMENT, "refund > 0", "有应退个人费用：财务退款后由居民签字。", kept=True),
)  # fmt: skip

APPLICATION = Application(
    "family_doctor", "家庭医生签约",
    heading="公共卫生", basis=BASIS, order=310,
    requirements=(("C09", "working", "协议文本由平台固化并签名，第三方电子认证须接入；解约结算规则待确认"),),
    workers=("village_doctor", "public_health_doctor", "physician"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(TEAMS, PACKAGES, CONTRACTS), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
