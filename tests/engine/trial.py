"""An application of every shape the engine knows, small enough to read in one go."""

from __future__ import annotations

from health_platform.engine.api import (
    CLOCK,
    Application,
    Choice,
    Indicator,
    Milestone,
    Milestones,
    Number,
    Param,
    Party,
    Pick,
    Prompt,
    Register,
    Shown,
    State,
    Tally,
    Text,
    Transition,
    Unit,
    Workflow,
    YesNo,
    days,
    form,
    hours,
    months,
    options,
)

LEAVE = options("done 完成", "moved 迁出")
TEAM_ENTRY = form("team_entry", "团队登记", Text("team_name", "团队名称", required=True), Text("leader", "队长"))
TEAMS = Register("trial_team", "团队", TEAM_ENTRY, leave=LEAVE, subject="thing", title="team_name")

DOSE_ENTRY = form(
    "dose_entry",
    "接种建档",
    Pick("carer", "责任团队", register="trial_team"),
    Number("weight", "体重", low=1, high=200, places=1),
)
DOSE = form(
    "dose",
    "接种记录",
    Choice("dose_no", "剂次", required=True, options=options("d1 第一剂", "d2 第二剂", "d3 第三剂")),
    Number("fever", "体温", low=35, high=42, places=1),
    YesNo("reaction", "不良反应"),
)
DOSES = Register(
    "trial_dose",
    "接种",
    DOSE_ENTRY,
    leave=LEAVE,
    lasts=months(36),
    schedules=(
        Milestones(
            "doses",
            "接种",
            DOSE,
            match="dose_no",
            items=(
                Milestone("d1", "第一剂", at=months(2), until=months(24)),
                Milestone("d2", "第二剂", at=months(3), follows="d1", gap=days("gap_days")),
                Milestone("d3", "第三剂", at=months(4), follows="d2", gap=days("gap_days"), when="sex = '2'"),
            ),
        ),
    ),
    shown=(Shown(DOSE, "dose_no", "末次剂次"),),
)

ASK = form(
    "move_ask",
    "转诊申请",
    Unit("target", "转入机构", required=True),
    Text("why", "转诊原因", required=True),
    Choice("urgency", "病情", required=True, options=options("1 一般", "2 急")),
)
ANSWER = form("move_answer", "接收意见", Text("bed", "床位", required=True))
REFUSE = form("move_refuse", "拒绝原因", Text("reason", "原因", required=True))
MOVES = Workflow(
    "trial_move",
    "转诊",
    ASK,
    (
        State("asked", "待接收", deadline=hours("wait_hours"), then="lapse", kind="warn"),
        State("taken", "已接收", kind="ok"),
        State("refused", "已拒绝", final=True, kind="bad"),
        State("lapsed", "已过期", final=True),
        State("done", "已完成", final=True),
    ),
    (
        Transition("take", "接收", ("asked",), "taken", by="to", form=ANSWER, kind="primary"),
        Transition("refuse", "拒绝", ("asked",), "refused", by="to", form=REFUSE),
        Transition("finish", "完成", ("taken",), "done", by="from", guard="urgency = '1'", refusal="急诊转诊由转入机构完成"),
        Transition("end", "结束", ("taken",), "done", by="to"),
        Transition("lapse", "过期", ("asked",), "lapsed", by=CLOCK),
    ),
    parties=(Party("from", "转出机构"), Party("to", "转入机构", "target")),
    shown=("urgency",),
)

TRIAL = Application(
    "trial",
    "试用",
    heading="试用",
    workers=("village_doctor",),
    params=(
        Param("gap_days", "最小间隔", 28, 21, 60, "天"), Param("wait_hours", "时限", 48, 1, 96), Param("hot", "发热", 38, 37, 39),
    ),
    registers=(TEAMS, DOSES),
    workflows=(MOVES,),
    tallies=(Tally("given", DOSE), Tally("hottest", DOSE, "sum", "fever")),
    indicators=(
        Indicator("trial_full", "全程接种率", DOSES, share="given >= 2"),
        Indicator("trial_hot", "发热剂次", DOSE, among="fever >= :hot"),
        Indicator("trial_fever", "平均体温", DOSE, among="fever is not null", total="fever", mean=True),
    ),
    prompts=(Prompt("trial_reaction", "不良反应", DOSE, "reaction", "请报告不良反应。", kept=True),),
)  # fmt: skip
