"""What chronic diseases have in common: parts of the follow-up, its rhythm, the yearly examination, the 17 indicators."""

from __future__ import annotations

from health_platform.engine.api import (
    Choice,
    Counting,
    Field,
    Form,
    Indicator,
    Mark,
    Number,
    Param,
    Population,
    Prompt,
    Recurring,
    Register,
    Rule,
    Section,
    Step,
    Tally,
    Text,
    YesNo,
    days,
    form,
    months,
    options,
)

MET = "way <> '9'"
UNSTABLE = "classification in ('2', '3', '4')"
LEAVE = "died 死亡", "moved 迁出", "lost 失访", "refused 拒绝", "wrong 误诊", "other 其他"
MANAGED = "(visits > 0 or exams > 0)"
STANDARD = "(quarters_met >= quarters and exams > 0)"

RHYTHM = (
    Param("interval_months", "控制满意者随访间隔", 3, 1, 3, "月"),
    Param("recheck_days", "控制不满意、转诊者复访期限", 14, 7, 14, "天"),
)

CONTACT = Section("随访", (
    Choice("way", "随访方式", required=True, options=options("1 门诊", "2 家庭", "3 电话", "9 未访到")),
    Text("missed_reason", "未访到原因", when="way = '9'", required=True),
))  # fmt: skip

PRESSURE = (
    Number("systolic", "收缩压", required=True, low=50, high=300, usual=(118, 168), unit="mmHg"),
    Number("diastolic", "舒张压", required=True, low=30, high=200, usual=(68, 102), unit="mmHg"),
)


def body(required: bool = False) -> tuple[Field, ...]:
    """Height, weight and the index made of them."""
    return (
        Number("weight", "体重", required=required, low=20, high=250, places=1, usual=(48, 85), unit="kg"),
        Number("height", "身高", required=required, low=100, high=220, places=1, usual=(150, 180), unit="cm", carry=True),
        Number("bmi", "体质指数", places=1, value="weight / (height / 100 * height / 100)"),
    )


LIFESTYLE = (
    Number("smoking", "日吸烟量", low=0, high=100, usual=(0, 10), unit="支"),
    Number("drinking", "日饮酒量", low=0, high=50, places=1, usual=(0, 2), unit="两"),
    Number("exercise_times", "运动", low=0, high=21, unit="次/周"),
    Number("exercise_minutes", "每次运动", low=0, high=300, unit="分钟", when="exercise_times > 0"),
    Choice("mood", "心理调整", options=options("1 良好", "2 一般", "3 差")),
    Choice("compliance", "遵医行为", options=options("1 良好", "2 一般", "3 差")),
)

MEDICATION = (
    Choice("adherence", "服药依从性", required=True, options=options("1 规律", "2 间断", "3 不服药")),
    YesNo("adverse", "药物不良反应", required=True),
    Text("adverse_note", "不良反应情况", when="adverse", required=True),
    Text("medicines", "用药情况", lines=3, max_length=500, wide=True, carry=True, when="adherence <> '3'"),
)
COMPLICATION = YesNo("new_complication", "出现新的并发症或原有并发症加重", required=True)


def outcome(goal: str) -> Section:
    """The class of a visit by the norm (complication before side effect before control), and whether it ends in a referral.

    While something is not answered yet there is no class: nobody is told "not controlled" before the pressure was measured.
    """
    known = f"({goal}) is not null and new_complication is not null and adverse is not null"
    judged = f"if(new_complication, '4', if(adverse, '3', if({known}, if({goal}, '1', '2'), null)))"
    return Section("此次随访分类", (
        Choice("classification", "此次随访分类", value=judged, options=options(
            "1 控制满意", "2 控制不满意", "3 不良反应", "4 并发症")),
        YesNo("referred", "转诊", required=True, proposal="false"),
        Text("referral", "转诊原因、机构及科别", when="referred", required=True, wide=True),
    ), when=MET)  # fmt: skip


PLAUSIBLE = Rule("systolic > diastolic", "收缩压应高于舒张压", "systolic")


def rules(emergency: str) -> tuple[Rule, ...]:
    """What must hold in a follow-up: plausible measures, and a referral where the norm wants one."""
    return (
        PLAUSIBLE,
        Rule("bmi between 10 and 60", "身高、体重不相称，请核对", "weight", "confirm"),
        Rule(f"referred or not {emergency}", "存在危急情况而未转诊，请确认已作处理", "referred", "confirm"),
        Rule("referred or previous_classification <> '2' or classification <> '2'", "连续两次控制不满意，规范要求建议转诊",
             "referred", "confirm"),
    )  # fmt: skip


def examination(code: str, label: str, *own: Field, after: tuple[Field, ...] = ()) -> Form:
    """The yearly examination (the same table for every chronic disease) with what a disease adds."""
    return form(
        code, label,
        Number("temperature", "体温", low=34, high=42, places=1, unit="℃"),
        Number("pulse", "脉率", low=30, high=220, unit="次/分"),
        Number("breathing", "呼吸", low=8, high=60, unit="次/分"),
        *own, *PRESSURE, *body(required=True),
        Number("waist", "腰围", low=40, high=200, places=1, unit="cm"),
        *after,
        Text("general", "皮肤、浅表淋巴结、心脏、肺部、腹部检查", lines=3, max_length=500, wide=True),
        Text("senses", "口腔、视力、听力、运动功能", lines=2, max_length=500, wide=True),
        Choice("conclusion", "健康评价", required=True, options=options("1 体检无异常", "2 有异常")),
        Text("abnormal", "异常情况", when="conclusion = '2'", required=True, lines=2, max_length=500, wide=True),
        rules=(PLAUSIBLE,), day="检查日期",
    )  # fmt: skip


def visits(label: str, visit: Form, emergency: str) -> Recurring:
    """Every three months while controlled; two weeks after an emergency, a referral, or a visit that is not satisfactory."""
    return Recurring(
        "visits", label, visit,
        first=months("interval_months"),
        counts=MET,
        steps=(
            Step(days("recheck_days"), emergency, "危急情况转诊，2周内随访"),
            Step(days("recheck_days"), "referred", "已转诊，2周内随访转诊情况"),
            Step(days("recheck_days"), UNSTABLE, "控制不满意或有不良反应、并发症，2周内随访"),
            Step(months("interval_months")),
        ),
    )  # fmt: skip


def marks(visit: Form, controlled: str, goal: str, emergency: str) -> tuple[Mark, ...]:
    """Badges of the last visit."""
    return (
        Mark("controlled", controlled, visit, f"{MET} and {goal}", "ok"),
        Mark("uncontrolled", "未达标", visit, f"{MET} and not ({goal})", "warn"),
        Mark("danger", "危急", visit, emergency, "bad"),
        Mark("missed", "末次未访到", visit, "way = '9'", "warn"),
    )


def prompts(visit: Form, emergency: str, text: str, basis: str) -> tuple[Prompt, ...]:
    """An emergency is referred; a second unsatisfactory visit advises it; a first one changes the treatment."""
    follow = "2周内主动随访转诊情况。"
    return (
        Prompt("emergency", "危急情况", visit, emergency, f"{text}：须在处理后紧急转诊，{follow}", level="urgent", kept=True,
               basis=basis),
        Prompt("refer", "建议转诊", visit, f"{UNSTABLE} and previous_classification in ('2', '3', '4')",
               f"连续两次控制不满意、不良反应难以控制或出现新的并发症：建议转诊到上级医院，{follow}", kept=True, basis=basis),
        Prompt("adjust", "调整治疗", visit, "classification in ('2', '3') and coalesce(previous_classification, '1') = '1'",
               "第一次控制不满意或出现不良反应：结合服药依从性调整用药，2周内随访。"),
    )  # fmt: skip


def tallies(visit: Form, examination: Form, controlled: str) -> tuple[Tally, ...]:
    """What is counted about a patient; a quarter counts when the patient was seen face to face in it."""
    quarter = "if(way in ('1', '2') and full_quarter, year(day) * 4 + quarter(day), null)"
    return (
        Tally("visits", visit, value=MET),
        Tally("face_to_face", visit, value="way in ('1', '2')"),
        Tally("quarters_met", visit, "distinct", quarter),
        Tally("controlled", visit, "latest", f"coalesce({MET} and {controlled}, false)"),
        Tally("exams", examination),
    )


def indicators(prefix: str, register: Register, words: tuple[str, str], basis: str) -> tuple[Indicator, ...]:
    """The 17 indicators of a register. ``words``: the disease, and what control means; needs a parameter ``prevalence``."""
    disease, control = words
    adults = Population("residents_18", "18岁及以上常住居民")
    patients = Population("residents_18", "18岁及以上常住居民", rate="prevalence")

    made = Counting(prefix, register, basis=basis)
    rate, people = made.of, made.count
    return (
        people("population", "18岁及以上常住居民数", figure=adults),
        people("estimated", f"{disease}患者估计数", figure=patients),
        people("registered", "登记患者数", "active", good="more"),
        rate("registered_rate", "登记率", "active", of=patients, good="more"),
        people("managed", "年内已管理人数", MANAGED, good="more"),
        rate("managed_rate", "健康管理率", MANAGED, of=patients, good="more"),
        people("standard", "规范管理人数", f"{MANAGED} and {STANDARD}", good="more"),
        rate("standard_rate", "规范管理率", MANAGED, share=STANDARD, good="more"),
        people("controlled", f"{control}人数", f"{MANAGED} and controlled", good="more"),
        rate("controlled_rate", f"管理人群{control}率", MANAGED, share="controlled", good="more"),
        people("visited", "随访人数", "visits > 0", good="more"),
        people("visits", "随访人次", total="visits", unit="人次", good="more"),
        rate("visited_rate", "随访率", share="visits > 0", good="more"),
        people("examined", "体检人数", "exams > 0", good="more"),
        people("exams", "体检人次", total="exams", unit="人次", good="more"),
        rate("examined_rate", "体检率", share="exams > 0", good="more"),
        people("face_to_face", "面对面随访人次", total="face_to_face", unit="人次", good="more"),
    )
