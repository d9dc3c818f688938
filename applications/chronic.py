"""What the registers of chronic diseases have in common: the sections of a follow-up, the reasons to leave, the 17 indicators."""

from __future__ import annotations

from health_platform.engine.api import (
    Choice,
    Form,
    Indicator,
    Number,
    Population,
    Register,
    Section,
    Tally,
    Text,
    YesNo,
    options,
)

MET = "way <> '9'"
LEAVE = "died 死亡", "moved 迁出", "lost 失访", "refused 拒绝", "wrong 误诊", "other 其他"
MANAGED = "(visits > 0 or exams > 0)"
STANDARD = "(quarters_met >= quarters and exams > 0)"

CONTACT = Section("随访", (
    Choice("way", "随访方式", required=True, options=options("1 门诊", "2 家庭", "3 电话", "9 未访到")),
    Text("missed_reason", "未访到原因", when="way = '9'", required=True),
))  # fmt: skip

LIFESTYLE = (
    Number("smoking", "日吸烟量", low=0, high=100, unit="支"),
    Number("drinking", "日饮酒量", low=0, high=50, places=1, unit="两"),
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

    def rate(code: str, label: str, among: str = "", **more: object) -> Indicator:
        return Indicator(f"{prefix}_{code}", label, register, among=among, basis=basis, **more)  # type: ignore[arg-type]

    def people(code: str, label: str, among: str = "", unit: str = "人", **more: object) -> Indicator:
        return rate(code, label, among, unit=unit, places=0, **more)

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
