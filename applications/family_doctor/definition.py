"""家庭医生签约服务: teams and packages as things, contracts as memberships that end, services as submissions."""

from applications.family_doctor.limits import full
from health_platform.engine.api import (
    Application,
    Choice,
    Choices,
    Day,
    Form,
    Indicator,
    Mark,
    Number,
    Param,
    PerPeriod,
    Pick,
    Population,
    Prompt,
    Recurring,
    Register,
    Rule,
    Section,
    Shown,
    Step,
    Tally,
    Text,
    YesNo,
    days,
    form,
    months,
    options,
)

PARAMS = (
    Param("contract_months", "签约周期", 12, 12, 36, "月", basis="关于推进家庭医生签约服务高质量发展的指导意见"),
    Param("contact_months", "最长随访联系间隔", 3, 1, 6, "月"),
    Param("team_limit", "每个团队签约居民上限", 2000, 500, 3000, "人", basis="签约人数原则上不超过2000人"),
)
GROUPS = options(
    "0 一般人群", "1 老年人", "2 孕产妇", "3 0–6岁儿童", "4 高血压患者", "5 糖尿病患者", "6 严重精神障碍患者", "7 肺结核患者",
    "8 残疾人", "9 脱贫及低收入人口", "A 计划生育特殊家庭", "B 慢阻肺患者",
)  # fmt: skip
ITEMS = options(
    "01 健康档案更新", "02 健康教育与咨询", "03 血压测量", "04 血糖检测", "05 健康体检", "06 中医药服务", "07 用药指导",
    "08 上门服务", "09 预约转诊", "10 长期处方", "11 康复护理指导", "12 孕产妇访视", "13 儿童保健", "99 其他",
)  # fmt: skip

TEAM = form(
    "doctor_team",
    "家庭医生团队",
    Text("called", "团队名称", required=True, max_length=60),
    Text("leader", "团队长（家庭医生）", required=True, max_length=30),
    Text("members", "团队成员（护士、公卫医师、乡村医生、上级专科医师）", required=True, wide=True, lines=3, max_length=500),
    Text("service_phone", "服务电话", required=True, max_length=20),
    Text("area", "服务范围（村、社区）", wide=True, max_length=300),
    day="组建日期",
)

PACKAGE = Form(
    "service_package",
    "签约服务包",
    (
        Section("服务包", (
            Text("called", "服务包名称", required=True, max_length=60),
            Choice("grade", "类别", required=True, options=options("1 基础包", "2 初级包", "3 中级包", "4 高级包")),
            Choices("groups", "适用人群", options=GROUPS, wide=True),
            Text("contents", "服务内容与频次", required=True, wide=True, lines=5, max_length=1000),
            Number("times", "年服务项次合计", required=True, low=1, high=500),
        )),
        Section("费用（元/年）", (
            Number("price", "签约服务费", required=True, low=0, high=10000, places=2, unit="元"),
            Number("insurance", "医保基金承担", required=True, low=0, high=10000, places=2, unit="元"),
            Number("public_fund", "基本公卫经费承担", required=True, low=0, high=10000, places=2, unit="元"),
            Number("personal", "个人承担", required=True, low=0, high=10000, places=2, unit="元",
                   proposal="price - insurance - public_fund"),
        )),
    ),
    rules=(Rule("insurance + public_fund + personal = price", "三方承担之和应等于签约服务费", "personal"),),
    day="启用日期",
)  # fmt: skip

CONTRACT = Form(
    "family_contract",
    "家庭医生签约服务协议书",
    (
        Section("协议", (
            Text("number", "协议编号", required=True, max_length=30),
            Choice("kind", "签约类型", required=True, options=options("1 首次签约", "2 续约", "3 转签")),
            Choice("signed_as", "签约方式", required=True, options=options("1 个人协议", "2 家庭协议")),
            Text("family_no", "家庭编号", when="signed_as = '2'", required=True, max_length=30),
            Choice("relation", "与户主关系", when="signed_as = '2'", required=True,
                   options=options("0 本人或户主", "1 配偶", "2 子", "3 女", "4 孙子女", "5 父母", "6 祖父母", "8 其他")),
            Text("signer", "签字人", required=True, max_length=30, hint="本人、监护人或受委托的家庭代表"),
            YesNo("consent", "居民已阅读协议并签字确认", required=True),
        )),
        Section("服务", (
            Pick("doctors", "签约团队", register="doctor_team", required=True),
            Pick("package", "服务包", register="service_package", required=True),
            Choices("groups", "人群分类", required=True, options=GROUPS, wide=True),
            Number("due_times", "协议约定服务项次", required=True, low=1, high=500),
            Number("price", "签约服务费", required=True, low=0, high=10000, places=2, unit="元"),
            Number("paid", "个人已付", required=True, low=0, high=10000, places=2, unit="元"),
        )),
    ),
    rules=(
        Rule("consent", "居民签字确认后协议方可生效", "consent"),
        Rule("paid <= price", "个人已付不能多于签约服务费", "paid"),
    ),
    day="生效日期",
)  # fmt: skip

SERVICE = form(
    "contract_service",
    "履约服务记录",
    Choice("item", "服务项目", required=True, options=ITEMS),
    Choice("way", "服务方式", required=True, options=options("1 门诊", "2 上门", "3 电话", "4 线上", "5 集中服务")),
    Text("content", "服务内容与结果", required=True, wide=True, lines=3, max_length=500),
    Number("value", "本次服务折算金额", required=True, low=0, high=5000, places=2, unit="元", hint="解约结算的依据"),
    Number("used", "累计折算金额", places=2, unit="元", value="coalesce(previous_used, 0) + value"),
    Number("done", "累计履约项次", value="coalesce(previous_done, 0) + 1"),
    Choice("satisfaction", "居民评价", options=options("5 很满意", "4 满意", "3 一般", "2 不满意", "1 很不满意")),
    day="服务日期",
)

EVALUATION = form(
    "contract_evaluation",
    "签约服务年度评价",
    Choice("satisfaction", "居民总体满意度", required=True,
           options=options("5 很满意", "4 满意", "3 一般", "2 不满意", "1 很不满意")),
    YesNo("knows_doctor", "知晓自己的家庭医生", required=True),
    YesNo("knows_package", "知晓服务包内容", required=True),
    YesNo("renew", "愿意续约", required=True),
    Text("advice", "意见与建议", wide=True, lines=3, max_length=500),
    day="评价日期",
)  # fmt: skip

SETTLEMENT = form(
    "contract_settlement",
    "解约结算单",
    Choice("reason", "解约原因", required=True, options=options(
        "1 迁出", "2 失联一年", "3 连续一年拒绝服务", "4 居民主动解约", "5 死亡", "9 其他")),
    Day("applied_on", "申请日期", required=True),
    Number("used", "已履约服务折算金额", required=True, low=0, high=10000, places=2, unit="元",
           hint="取末次履约记录的累计折算金额"),
    Number("refund", "应退金额", places=2, unit="元", value="if(entry_paid > used, entry_paid - used, 0)"),
    YesNo("agreed", "居民确认结算", required=True),
    Text("note", "说明", wide=True, lines=2, max_length=300),
    rules=(Rule("applied_on <= day", "申请日期晚于结算日期", "applied_on"),),
    day="结算日期",
)  # fmt: skip

CONTACT = Recurring(
    "contact", "签约服务", SERVICE,
    first=days(30),
    steps=(Step(months("contact_months")),),
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
    leave=options("moved 迁出", "lost 失联", "refused 拒绝服务", "asked 主动解约", "died 死亡", "renewed 续约换签", "other 其他"),
    forms=(EVALUATION, SETTLEMENT),
    schedules=(CONTACT, PerPeriod("evaluation", "年度评价", EVALUATION, period="year")),
    shown=(Shown(CONTRACT, "number"), Shown(CONTRACT, "groups"), Shown(CONTRACT, "due_times", "约定项次"),
           Shown(SERVICE, "done", "已履约")),
    marks=(
        Mark("fulfilled", "已履约", SERVICE, "done >= entry_due_times", "ok"),
        Mark("unhappy", "不满意", EVALUATION, "satisfaction in ('1', '2')", "bad"),
        Mark("settled", "已结算", SETTLEMENT, "agreed", "info"),
    ),
    lasts=months("contract_months"),
    sections=("diagnosis", "medication", "laboratory"),
)  # fmt: skip

TALLIES = (
    Tally("services", SERVICE),
    Tally("home_visits", SERVICE, value="way = '2'"),
    Tally("fulfilled", SERVICE, "latest", "coalesce(done >= 1, false)"),
    Tally("happy", EVALUATION, "latest", "satisfaction in ('4', '5')"),
    Tally("would_renew", EVALUATION, "latest", "renew"),
    Tally("evaluations", EVALUATION),
)
BASIS = "关于推进家庭医生签约服务高质量发展的指导意见"
RESIDENTS = Population("residents", "常住人口")
KEY_GROUPS = Population("key_groups", "重点人群数")
ENDED = "close_reason in ('moved', 'lost', 'refused', 'asked')"
KEY = "not contains(entry_groups, ',0,')"


def _indicator(code: str, label: str, among: str = "", **more: object) -> Indicator:
    return Indicator(f"fd_{code}", label, CONTRACTS, among=among, basis=BASIS, **more)  # type: ignore[arg-type]


INDICATORS = (
    _indicator("signed", "签约人数", "active", unit="人", places=0, good="more"),
    _indicator("signed_rate", "签约覆盖率", "active", of=RESIDENTS, good="more"),
    _indicator("key_signed", "重点人群签约人数", f"active and {KEY}", unit="人", places=0, good="more"),
    _indicator("key_rate", "重点人群签约覆盖率", f"active and {KEY}", of=KEY_GROUPS, good="more"),
    _indicator("paid_rate", "有偿签约比例", "active", share="entry_price > 0"),
    _indicator("served_rate", "签约服务率", share="services > 0", good="more"),
    _indicator("fulfilled_rate", "履约率", share="services >= entry_due_times", good="more"),
    _indicator("services", "服务人次", total="services", unit="人次", places=0, good="more"),
    _indicator("home_visits", "上门服务人次", total="home_visits", unit="人次", places=0, good="more"),
    _indicator("happy_rate", "居民满意率", "evaluations > 0", share="coalesce(happy, false)", good="more"),
    _indicator("renew_rate", "续约意愿率", "evaluations > 0", share="coalesce(would_renew, false)", good="more"),
    _indicator("renewed_rate", "续约率", "entry_kind in ('1', '2')", share="entry_kind = '2'", good="more"),
    _indicator(
        "ended_rate", "解约率", share="coalesce(close_reason in ('moved', 'lost', 'refused', 'asked'), false)", good="less"
    ),
)

PROMPTS = (
    Prompt("unhappy", "居民不满意", EVALUATION, "satisfaction in ('1', '2') or not renew",
           "居民不满意或不愿续约：由团队长一周内联系，了解原因。", kept=True, basis=BASIS),
    Prompt("empty", "内容与项目不符", SERVICE, "item = '08' and way <> '2'", "上门服务的服务方式应为“上门”。"),
    Prompt("lost_money", "结算有退款", SETTLEMENT, "refund > 0", "有应退个人费用：财务退款后由居民签字。", kept=True),
)  # fmt: skip

APPLICATION = Application(
    "family_doctor", "家庭医生签约",
    heading="公共卫生", basis=BASIS, order=310,
    requirements=(("C09", "partial", "协议电子签名须接入第三方电子认证，现记录签字人"),),
    workers=("village_doctor", "public_health_doctor", "physician"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(TEAMS, PACKAGES, CONTRACTS), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
