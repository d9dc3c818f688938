"""双向转诊: one patient handed from one institution to another, up or down, with an answer, an arrival and a report back."""

from applications.referral.capacity import full
from applications.referral.sharing import on_moved
from health_platform.engine.api import (
    CLOCK,
    Application,
    Choice,
    Coded,
    Counting,
    Day,
    Form,
    Hook,
    Param,
    Party,
    Rule,
    Section,
    State,
    Text,
    Transition,
    Unit,
    Workflow,
    YesNo,
    days,
    form,
    hours,
    options,
)

PARAMS = (
    Param("answer_hours", "转诊申请答复期限", 48, 1, 168, "小时", basis="逾期自动失效（待确认，以协议为准）"),
    Param("urgent_hours", "危急患者答复提醒时限", 2, 1, 24, "小时", basis="待确认"),
    Param("arrive_days", "接收后到诊期限", 7, 1, 30, "天", basis="逾期记为爽约（待确认）"),
    Param("treat_days", "到诊后反馈期限", 30, 1, 90, "天", basis="逾期提醒（待确认）"),
)
DIRECTIONS = options("1 上转", "2 下转")
URGENCY = options("1 危", "2 急", "3 一般")
WISHES = options("1 门诊", "2 住院")

REQUEST = Form(
    "referral_request",
    "转诊申请单",
    (
        Section("转诊", (
            Choice("direction", "转诊方向", required=True, options=DIRECTIONS),
            Unit("to_unit", "转入机构", required=True),
            Text("to_department", "转入科室", max_length=64),
            Choice("wish", "拟安排", required=True, options=WISHES),
            Choice("urgency", "病情", required=True, options=URGENCY),
            Text("from_department", "转出科室", max_length=64),
            Text("from_phone", "转出医师电话", required=True, max_length=20),
        )),
        Section("病情摘要", (
            Coded("impression_code", "初步诊断编码", system="icd10"),
            Text("impression", "初步印象", required=True, wide=True),
            Text("present_illness", "主要现病史", required=True, lines=3, max_length=1000, wide=True),
            Text("past_history", "主要既往史", lines=2, max_length=1000, wide=True),
            Text("treatment", "治疗经过", required=True, lines=3, max_length=1000, wide=True),
            Text("results", "主要检查结果", lines=3, max_length=1000, wide=True),
            Text("reason", "转诊原因", required=True, lines=2, max_length=500, wide=True),
        )),
        Section("下一步治疗与康复", (
            Text("advice", "下一步治疗方案及康复建议", required=True, lines=3, max_length=1000, wide=True),
        ), when="direction = '2'"),
        Section("知情同意", (
            YesNo("consent", "患者或家属同意转诊并同意转入机构调阅健康档案", required=True),
        )),
    ),
    rules=(Rule("consent", "未取得同意不能转诊", "consent"),),
    day="申请日期",
)  # fmt: skip

ACCEPT = form(
    "referral_accept", "接收转诊",
    Choice("arranged", "安排", required=True, options=WISHES),
    Text("ward", "接诊科室或病区", required=True, max_length=64, hint="安排住院时须与床位资源登记的科室名称一致"),
    Day("appointment", "预约日期", required=True, future=True),
    Text("contact", "联系人及电话", required=True, max_length=64),
    Text("accept_note", "就诊须知", lines=2, max_length=300, wide=True),
    rules=(Rule("appointment >= day", "预约日期不能早于今天", "appointment"),),
    day="接收日期",
)  # fmt: skip
REJECT = form(
    "referral_reject", "拒绝转诊",
    Choice("refusal", "拒绝原因", required=True, options=options(
        "1 无床位或号源", "2 超出诊疗范围", "3 不符合转诊指征", "4 资料不全", "9 其他")),
    Text("refusal_note", "说明", required=True, lines=2, max_length=300, wide=True, hint="请建议可行的去向"),
    day="答复日期",
)  # fmt: skip
ARRIVE = form(
    "referral_arrive", "登记到诊",
    Day("arrived_on", "到诊日期", required=True),
    Text("visit_no", "门诊号或住院号", required=True, max_length=64),
    Text("doctor", "接诊医师", required=True, max_length=64),
    day="登记日期",
)  # fmt: skip
FEEDBACK = form(
    "referral_feedback", "转诊反馈",
    Coded("diagnosis_code", "出院（就诊）诊断编码", system="icd10"),
    Text("diagnosis", "诊断", required=True, wide=True),
    Choice("outcome", "转归", required=True, options=options("1 治愈", "2 好转", "3 稳定", "4 恶化", "5 死亡", "9 其他")),
    Text("course", "诊治经过", required=True, lines=3, max_length=1000, wide=True),
    Text("next_step", "后续治疗与随访建议", required=True, lines=2, max_length=1000, wide=True),
    YesNo("send_down", "建议转回基层继续治疗", required=True),
    day="反馈日期",
)  # fmt: skip
WITHDRAW = form("referral_withdraw", "撤销申请", Text("withdrawn", "撤销原因", required=True, wide=True), day="撤销日期")

STATES = (
    State("requested", "已申请", deadline=hours("answer_hours"), then="expire", kind="warn"),
    State("accepted", "已接收待到诊", deadline=days("arrive_days"), then="miss", kind="info"),
    State("arrived", "诊治中", deadline=days("treat_days"), then="remind", kind="info"),
    State("late", "诊治中（反馈逾期）", kind="bad"),
    State("finished", "已反馈", final=True, kind="ok"),
    State("rejected", "已拒绝", final=True, kind="bad"),
    State("withdrawn", "已撤销", final=True),
    State("expired", "逾期未答复", final=True, kind="bad"),
    State("missed", "爽约", final=True, kind="warn"),
)
FINAL = frozenset(state.code for state in STATES if state.final)

TRANSITIONS = (
    Transition("accept", "接收", ("requested",), "accepted", by="receiver", form=ACCEPT, check=full, kind="primary"),
    Transition("reject", "拒绝", ("requested",), "rejected", by="receiver", form=REJECT, kind="danger"),
    Transition("withdraw", "撤销", ("requested", "accepted"), "withdrawn", by="sender", form=WITHDRAW, kind="danger"),
    Transition("arrive", "登记到诊", ("accepted",), "arrived", by="receiver", form=ARRIVE, kind="primary"),
    Transition("feedback", "反馈并结束", ("arrived", "late"), "finished", by="receiver", form=FEEDBACK, kind="primary"),
    Transition("expire", "逾期未答复", ("requested",), "expired", by=CLOCK),
    Transition("miss", "逾期未到诊", ("accepted",), "missed", by=CLOCK),
    Transition("remind", "反馈逾期", ("arrived",), "late", by=CLOCK),
)

REFERRAL = Workflow(
    "referral", "双向转诊", REQUEST, STATES, TRANSITIONS,
    parties=(Party("sender", "转出机构"), Party("receiver", "转入机构", "to_unit")),
    shown=("direction", "urgency", "impression", "to_unit", "wish"),
    links=(("健康档案摘要", "/console/referral/cases/{case_no}/record"), ("床位与号源", "/console/referral/resources")),
)  # fmt: skip

ASKED = Counting("referral", REQUEST)
TAKEN, REFUSED, CAME, REPORTED = (ASKED.on(one) for one in (ACCEPT, REJECT, ARRIVE, FEEDBACK))
INDICATORS = (
    ASKED.count("requests", "转诊申请", unit="人次"),
    ASKED.count("up", "上转申请", "direction = '1'", unit="人次"),
    ASKED.count("down", "下转申请", "direction = '2'", unit="人次"),
    ASKED.of("down_share", "下转占比", share="direction = '2'", good="more"),
    ASKED.of("urgent_share", "危急占比", share="urgency = '1'"),
    TAKEN.count("accepts", "接收", unit="人次"),
    REFUSED.count("rejects", "拒绝", unit="人次"),
    REFUSED.count("no_bed", "因无床位或号源拒绝", "refusal = '1'", unit="人次"),
    CAME.count("arrivals", "到诊", unit="人次"),
    REPORTED.count("feedbacks", "反馈", unit="人次"),
    REPORTED.of("better_share", "治愈好转占比", share="outcome in ('1', '2')", good="more"),
)

APPLICATION = Application(
    "referral", "双向转诊",
    heading="业务协同", basis="分级诊疗双向转诊", order=310,
    workers=("physician", "public_health_doctor", "village_doctor"),
    readers=("commission_administrator", "unit_administrator"),
    requirements=(
        ("C03", "working", "空床为登记数减转诊占用，不含医院自有在院人数"),
        ("C01", "partial", "双向转诊部分"),
    ),
    params=PARAMS, workflows=(REFERRAL,), indicators=INDICATORS,
    hooks=(Hook("case.moved", "sharing", on_moved),),
)  # fmt: skip
