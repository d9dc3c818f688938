"""The forms of severe mental disorders: supplement of the health file, follow-up with its class, yearly examination."""

from applications.chronic import CONTACT, MET, examination
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
    form,
    options,
)

DANGER = options(
    "0 0级 无以下行为", "1 1级 口头威胁、喊叫，无打砸", "2 2级 打砸限于家中、针对财物，能劝止",
    "3 3级 不分场合打砸财物，不能劝止", "4 4级 持续打砸财物或针对人，不能劝止（含自伤自杀）",
    "5 5级 持管制性危险武器针对人，或纵火、爆炸",
)  # fmt: skip

ENTRY = form(
    "mental_entry", "严重精神障碍患者个人信息补充表",
    Choice("disorder", "诊断", required=True, options=options(
        "1 精神分裂症", "2 分裂情感性障碍", "3 偏执性精神病", "4 双相（情感）障碍", "5 癫痫所致精神障碍",
        "6 精神发育迟滞伴发精神障碍")),
    Day("diagnosed_on", "确诊日期", required=True),
    Text("diagnosed_at", "确诊医院", required=True, max_length=60),
    Text("guardian", "监护人姓名", required=True, max_length=30),
    Text("guardian_phone", "监护人电话", required=True, max_length=20),
    YesNo("informed", "患者或监护人同意参加管理", required=True),
    Choice("danger", "既往危险行为最高等级", options=DANGER),
    YesNo("locked", "关锁情况（曾被关锁）", required=True),
    rules=(Rule("diagnosed_on <= day", "确诊日期晚于建档日期", "diagnosed_on"),),
    day="建档日期",
)  # fmt: skip

INSIGHT = "1 自知力完全", "2 自知力不全", "3 自知力缺失"
UNSTABLE = "danger in ('3', '4', '5') or symptoms = '3' or insight = '3' or adverse_serious or illness_serious"
STABLE = "danger = '0' and symptoms = '1' and insight = '1' and social in ('1', '2') and not coalesce(adverse_serious, false)"
"""规范: 自知力基本恢复. Incomplete insight is taken as not recovered, which visits the patient sooner (待确认)."""
KNOWN = " and ".join(f"{name} is not null" for name in ("danger", "symptoms", "insight", "social", "adverse", "illness_serious"))
CLASS = f"if(coalesce({UNSTABLE}, false), '1', if({KNOWN}, if(coalesce({STABLE}, false), '3', '2'), null))"

FOLLOW_UP = Form(
    "mental_visit", "严重精神障碍患者随访服务记录表",
    (
        CONTACT,
        Section("危险性与症状", (
            Choice("danger", "危险性评估", required=True, options=DANGER, wide=True),
            Choice("symptoms", "精神症状", required=True, options=options("1 基本消失", "2 部分存在", "3 明显")),
            Choice("insight", "自知力", required=True, options=options(*INSIGHT)),
            Choice("sleep", "睡眠", options=options("1 良好", "2 一般", "3 较差")),
            Choice("diet", "饮食", options=options("1 良好", "2 一般", "3 较差")),
            Choice("social", "社会功能", required=True, options=options("1 良好", "2 一般", "3 较差")),
            Choices("events", "随访间发生的危险行为", wide=True, options=options(
                "1 轻度滋事", "2 肇事", "3 肇祸", "4 自伤", "5 自杀未遂", "6 其他危害行为")),
            YesNo("locked", "关锁", required=True),
        ), when=MET),
        Section("治疗", (
            Choice("adherence", "服药依从性", required=True, options=options("1 规律", "2 间断", "3 不服药", "4 医嘱无需服药")),
            YesNo("adverse", "药物不良反应", required=True),
            YesNo("adverse_serious", "不良反应严重", when="adverse", required=True),
            YesNo("illness_serious", "有严重躯体疾病", required=True),
            Text("medicines", "用药情况", lines=3, max_length=500, wide=True, carry=True, when="adherence in ('1', '2')"),
            Choice("effect", "治疗效果", options=options("1 痊愈", "2 好转", "3 无变化", "4 加重")),
            Text("laboratory", "实验室检查", lines=2, max_length=300, wide=True),
        ), when=MET),
        Section("此次随访分类", (
            Choice("classification", "此次随访分类", value=CLASS, options=options("1 不稳定", "2 基本稳定", "3 稳定")),
            YesNo("referred", "转诊", required=True, proposal="false"),
            Text("referral", "转诊原因、机构及科别", when="referred", required=True, wide=True),
            Choices("rehabilitation", "康复措施", wide=True, options=options(
                "1 生活劳动能力", "2 职业训练", "3 学习能力", "4 社会交往", "9 其他")),
        ), when=MET),
    ),
    rules=(
        Rule("referred or classification <> '1'", "病情不稳定，规范要求对症处理后立即转诊；未转诊请确认已处理",
             "referred", "confirm"),
    ),
    day="随访日期",
)  # fmt: skip

EXAMINATION = examination(
    "mental_exam", "严重精神障碍患者年度健康检查",
    YesNo("informed", "监护人与患者本人同意检查", required=True),
    after=(
        Number("glucose", "空腹血糖", low=1, high=50, places=1, unit="mmol/L"),
        Text("laboratory", "血常规、转氨酶、心电图", required=True, lines=2, max_length=500, wide=True),
    ),
)  # fmt: skip
