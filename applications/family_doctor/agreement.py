"""What is agreed: the team, the package with its three payers, and the contract that a resident signs."""

from health_platform.engine.api import (
    Choice,
    Choices,
    Form,
    Number,
    Pick,
    Rule,
    Section,
    Signature,
    Text,
    YesNo,
    form,
    options,
)

GROUPS = options(
    "0 一般人群", "1 老年人", "2 孕产妇", "3 0–6岁儿童", "4 高血压患者", "5 糖尿病患者", "6 严重精神障碍患者", "7 肺结核患者",
    "8 残疾人", "9 脱贫及低收入人口", "A 计划生育特殊家庭", "B 慢阻肺患者",
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


def _money(code: str, label: str, proposal: str = "") -> Number:
    return Number(code, label, required=True, low=0, high=10000, places=2, unit="元", proposal=proposal)


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
            _money("price", "签约服务费"),
            _money("insurance", "医保基金承担"),
            _money("public_fund", "基本公卫经费承担"),
            _money("personal", "个人承担", "price - insurance - public_fund"),
        )),
    ),
    rules=(Rule("insurance + public_fund + personal = price", "三方承担之和应等于签约服务费", "personal"),),
    day="启用日期",
)  # fmt: skip

CONTRACT = Form(
    "family_contract",
    "家庭医生签约服务协议书",
    (
        Section("服务", (
            Pick("doctors", "签约团队", register="doctor_team", required=True, carry=True),
            Pick("package", "服务包", register="service_package", required=True, carry=True),
            Choices("groups", "人群分类", required=True, options=GROUPS, wide=True, carry=True),
            Number("due_times", "协议约定服务项次", required=True, low=1, high=500, proposal="package_times"),
        )),
        Section("费用（元/年）", (
            _money("price", "签约服务费", "package_price"),
            _money("insurance", "医保基金承担", "package_insurance"),
            _money("public_fund", "基本公卫经费承担", "package_public_fund"),
            _money("personal", "个人承担", "price - insurance - public_fund"),
            _money("paid", "个人已付", "personal"),
        )),
        Section("协议", (
            Text("number", "协议编号", required=True, max_length=30),
            Choice("kind", "签约类型", required=True, options=options("1 首次签约", "2 续约", "3 转签"),
                   proposal="if(previous_kind is not null, '2', null)"),
            Choice("signed_as", "签约方式", required=True, options=options("1 个人协议", "2 家庭协议"), carry=True),
            Text("family_no", "家庭编号", when="signed_as = '2'", required=True, max_length=30, carry=True),
            Choice("relation", "与户主关系", when="signed_as = '2'", required=True, carry=True,
                   options=options("0 本人或户主", "1 配偶", "2 子", "3 女", "4 孙子女", "5 父母", "6 祖父母", "8 其他")),
            Text("signer", "签字人", required=True, max_length=30, hint="本人、监护人或受委托的家庭代表"),
            Choice("signer_is", "签字人身份", required=True, options=options("1 本人", "2 监护人", "3 家庭代表")),
            Choice("signed_how", "签署方式", required=True, hint="提交时平台固化协议文本并签名",
                   options=options("1 纸质签字，原件存档", "2 签字板手写，影像存档", "3 第三方电子签名")),
            YesNo("consent", "居民已阅读协议并签字确认", required=True),
        )),
    ),
    rules=(
        Rule("consent", "居民签字确认后协议方可生效", "consent"),
        Rule("insurance + public_fund + personal = price", "三方承担之和应等于签约服务费", "personal"),
        Rule("paid <= personal", "个人已付不能多于个人承担", "paid"),
    ),
    day="生效日期", version=2, signature=Signature("signer", "signed_how", certified="3"),
)  # fmt: skip
