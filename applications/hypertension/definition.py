"""高血压患者健康管理服务规范（国家基本公共卫生服务规范第三版）: whom it serves, what is done when, what is counted."""

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
    Param("systolic_goal", "收缩压控制目标（65岁以下）", 140, 130, 150, "mmHg", basis="规范第三版：<140/90mmHg"),
    Param("elder_goal", "收缩压控制目标（65岁及以上）", 150, 140, 160, "mmHg", basis="规范第三版：65岁及以上<150/90mmHg"),
    Param("diastolic_goal", "舒张压控制目标", 90, 80, 95, "mmHg"),
    Param("interval_months", "控制满意者随访间隔", 3, 1, 3, "月"),
    Param("recheck_days", "控制不满意、转诊者复访期限", 14, 7, 14, "天"),
    Param("prevalence", "18岁及以上居民高血压患病率（待确认）", 0.275, 0.1, 0.5, basis="2018年全国调查，年度以文件为准"),
)

ENTRY = form(
    "hypertension_entry",
    "高血压患者建档表",
    YesNo("essential", "原发性高血压", required=True, hint="继发性高血压不纳入管理"),
    Day("diagnosed_on", "确诊日期"),
    Text("diagnosed_at", "确诊机构"),
    Choice("source", "发现途径", options=options("1 门诊首诊测压", "2 健康体检", "3 自述", "4 医院推送", "9 其他")),
    YesNo("family_history", "高血压家族史"),
    Choices(
        "complications", "现有并发症", options=options("1 脑血管疾病", "2 心脏疾病", "3 肾脏疾病", "4 眼部疾病", "5 血管疾病")
    ),
    Number("height", "身高", low=100, high=220, places=1, usual=(150, 180), unit="cm"),
    day="建档日期",
)

MET = "way <> '9'"
GOAL = "systolic < if(age >= 65, :elder_goal, :systolic_goal) and diastolic < :diastolic_goal"
EMERGENCY = "(systolic >= 180 or diastolic >= 110 or danger is not null)"
RECHECK = "classification in ('2', '3', '4')"

FOLLOW_UP = Form(
    "hypertension_visit",
    "高血压患者随访服务记录表",
    (
        Section("随访", (
            Choice("way", "随访方式", required=True, options=options("1 门诊", "2 家庭", "3 电话", "9 未访到")),
            Text("missed_reason", "未访到原因", when="way = '9'", required=True),
        )),
        Section("症状", (
            Choices("symptoms", "症状", wide=True, options=options(
                "1 无症状", "2 头痛头晕", "3 恶心呕吐", "4 眼花耳鸣", "5 呼吸困难", "6 心悸胸闷", "7 鼻衄出血不止",
                "8 四肢发麻", "9 下肢水肿")),
            Choices("danger", "危急情况", wide=True, hint="存在任一项须在处理后紧急转诊", options=options(
                "1 意识改变", "2 剧烈头痛或头晕", "3 视力模糊眼痛", "4 心悸胸闷", "5 喘憋不能平卧",
                "6 妊娠期或哺乳期血压高于正常", "9 其他")),
        ), when=MET),
        Section("体征", (
            Number("systolic", "收缩压", required=True, low=50, high=300, usual=(118, 168), unit="mmHg"),
            Number("diastolic", "舒张压", required=True, low=30, high=200, usual=(68, 102), unit="mmHg"),
            Number("weight", "体重", low=20, high=250, places=1, usual=(48, 85), unit="kg"),
            Number("height", "身高", low=100, high=220, places=1, usual=(150, 180), unit="cm", carry=True),
            Number("bmi", "体质指数", places=1, value="weight / (height / 100 * height / 100)"),
            Number("heart_rate", "心率", low=30, high=220, usual=(58, 96), unit="次/分"),
        ), when=MET),
        Section("生活方式指导", (
            Number("smoking", "日吸烟量", low=0, high=100, unit="支"),
            Number("drinking", "日饮酒量", low=0, high=50, places=1, unit="两"),
            Number("exercise_times", "运动", low=0, high=21, unit="次/周"),
            Number("exercise_minutes", "每次运动", low=0, high=300, unit="分钟", when="exercise_times > 0"),
            Choice("salt", "摄盐情况", options=options("1 轻", "2 中", "3 重")),
            Choice("mood", "心理调整", options=options("1 良好", "2 一般", "3 差")),
            Choice("compliance", "遵医行为", options=options("1 良好", "2 一般", "3 差")),
        ), when=MET),
        Section("用药", (
            Choice("adherence", "服药依从性", required=True, options=options("1 规律", "2 间断", "3 不服药")),
            YesNo("adverse", "药物不良反应", required=True),
            Text("adverse_note", "不良反应情况", when="adverse", required=True),
            Text("medicines", "用药情况", lines=3, max_length=500, wide=True, carry=True, when="adherence <> '3'"),
            YesNo("new_complication", "出现新的并发症或原有并发症加重", required=True),
            Text("examinations", "辅助检查", lines=2, max_length=500, wide=True),
        ), when=MET),
        Section("此次随访分类", (
            Choice("classification", "此次随访分类", value=f"if(new_complication, '4', if(adverse, '3', if({GOAL}, '1', '2')))",
                   options=options("1 控制满意", "2 控制不满意", "3 不良反应", "4 并发症")),
            YesNo("referred", "转诊", required=True, proposal="false"),
            Text("referral", "转诊原因、机构及科别", when="referred", required=True, wide=True),
        ), when=MET),
    ),
    rules=(
        Rule("systolic > diastolic", "收缩压应高于舒张压", "systolic"),
        Rule("bmi between 10 and 60", "身高、体重不相称，请核对", "weight", "confirm"),
        Rule(f"referred or not {EMERGENCY}", "存在危急情况而未转诊，请确认已作处理", "referred", "confirm"),
        Rule("referred or previous_classification <> '2' or classification <> '2'", "连续两次控制不满意，规范要求建议转诊",
             "referred", "confirm"),
    ),
    day="随访日期",
)  # fmt: skip

EXAMINATION = form(
    "hypertension_exam",
    "高血压患者年度健康检查",
    Number("temperature", "体温", low=34, high=42, places=1, unit="℃"),
    Number("pulse", "脉率", low=30, high=220, unit="次/分"),
    Number("breathing", "呼吸", low=8, high=60, unit="次/分"),
    Number("systolic", "收缩压", required=True, low=50, high=300, usual=(118, 168), unit="mmHg"),
    Number("diastolic", "舒张压", required=True, low=30, high=200, usual=(68, 102), unit="mmHg"),
    Number("height", "身高", required=True, low=100, high=220, places=1, usual=(150, 180), unit="cm", carry=True),
    Number("weight", "体重", required=True, low=20, high=250, places=1, usual=(48, 85), unit="kg"),
    Number("waist", "腰围", low=40, high=200, places=1, unit="cm"),
    Number("bmi", "体质指数", places=1, value="weight / (height / 100 * height / 100)"),
    Number("glucose", "空腹血糖", low=1, high=50, places=1, unit="mmol/L"),
    Text("general", "皮肤、浅表淋巴结、心脏、肺部、腹部检查", lines=3, max_length=500, wide=True),
    Text("senses", "口腔、视力、听力、运动功能", lines=2, max_length=500, wide=True),
    Choice("conclusion", "健康评价", required=True, options=options("1 体检无异常", "2 有异常")),
    Text("abnormal", "异常情况", when="conclusion = '2'", required=True, lines=2, max_length=500, wide=True),
    rules=(Rule("systolic > diastolic", "收缩压应高于舒张压", "systolic"),),
    day="检查日期",
)

VISITS = Recurring(
    "visits", "高血压随访", FOLLOW_UP,
    first=months("interval_months"),
    counts=MET,
    steps=(
        Step(days("recheck_days"), EMERGENCY, "危急情况转诊，2周内随访"),
        Step(days("recheck_days"), "referred", "已转诊，2周内随访转诊情况"),
        Step(days("recheck_days"), RECHECK, "控制不满意或有不良反应、并发症，2周内随访"),
        Step(months("interval_months")),
    ),
)  # fmt: skip

REGISTER = Register(
    "hypertension", "高血压患者管理", ENTRY,
    member="高血压患者",
    admit="age >= 35 and essential",
    admit_message="管理对象为35岁及以上的原发性高血压患者",
    leave=options("died 死亡", "moved 迁出", "lost 失访", "refused 拒绝", "wrong 非原发性高血压", "other 其他"),
    schedules=(VISITS, PerPeriod("exam", "高血压年检", EXAMINATION, period="year")),
    shown=(Shown(FOLLOW_UP, "systolic"), Shown(FOLLOW_UP, "diastolic"), Shown(FOLLOW_UP, "classification", "末次分类")),
    marks=(
        Mark("controlled", "血压达标", FOLLOW_UP, f"{MET} and {GOAL}", "ok"),
        Mark("uncontrolled", "未达标", FOLLOW_UP, f"{MET} and not ({GOAL})", "warn"),
        Mark("danger", "危急", FOLLOW_UP, EMERGENCY, "bad"),
        Mark("missed", "末次未访到", FOLLOW_UP, "way = '9'", "warn"),
    ),
    sections=("medication", "laboratory", "visit"),
)  # fmt: skip

TALLIES = (
    Tally("visits", FOLLOW_UP, value=MET),
    Tally("face_to_face", FOLLOW_UP, value="way in ('1', '2')"),
    Tally("quarters_met", FOLLOW_UP, "distinct", "if(way in ('1', '2') and full_quarter, year(day) * 4 + quarter(day), null)"),
    Tally("controlled", FOLLOW_UP, "latest", f"coalesce({MET} and {GOAL}, false)"),
    Tally("exams", EXAMINATION),
)

ADULTS = Population("residents_18", "18岁及以上常住居民")
PATIENTS = Population("residents_18", "18岁及以上常住居民", rate="prevalence")
MANAGED = "(visits > 0 or exams > 0)"
STANDARD = "(quarters_met >= quarters and exams > 0)"
BASIS = "国家基本公共卫生服务规范（第三版）高血压患者健康管理"


def _indicator(code: str, label: str, among: str = "", **more: object) -> Indicator:
    return Indicator(f"htn_{code}", label, REGISTER, among=among, basis=BASIS, **more)  # type: ignore[arg-type]


def _people(code: str, label: str, among: str = "", unit: str = "人", **more: object) -> Indicator:
    return _indicator(code, label, among, unit=unit, places=0, **more)


INDICATORS = (
    _people("population", "18岁及以上常住居民数", figure=ADULTS),
    _people("estimated", "高血压患者估计数", figure=PATIENTS),
    _people("registered", "登记患者数", "active", good="more"),
    _indicator("registered_rate", "登记率", "active", of=PATIENTS, good="more"),
    _people("managed", "年内已管理人数", MANAGED, good="more"),
    _indicator("managed_rate", "健康管理率", MANAGED, of=PATIENTS, good="more"),
    _people("standard", "规范管理人数", f"{MANAGED} and {STANDARD}", good="more"),
    _indicator("standard_rate", "规范管理率", MANAGED, share=STANDARD, good="more"),
    _people("controlled", "血压控制人数", f"{MANAGED} and controlled", good="more"),
    _indicator("controlled_rate", "管理人群血压控制率", MANAGED, share="controlled", good="more"),
    _people("visited", "随访人数", "visits > 0", good="more"),
    _people("visits", "随访人次", total="visits", unit="人次", good="more"),
    _indicator("visited_rate", "随访率", share="visits > 0", good="more"),
    _people("examined", "体检人数", "exams > 0", good="more"),
    _people("exams", "体检人次", total="exams", unit="人次", good="more"),
    _indicator("examined_rate", "体检率", share="exams > 0", good="more"),
    _people("face_to_face", "面对面随访人次", total="face_to_face", unit="人次", good="more"),
)

PROMPTS = (
    Prompt("emergency", "危急情况", FOLLOW_UP, EMERGENCY,
           "收缩压≥180mmHg或舒张压≥110mmHg，或存在危急症状：须在处理后紧急转诊，2周内主动随访转诊情况。",
           level="urgent", kept=True, basis=BASIS),
    Prompt("refer", "建议转诊", FOLLOW_UP, f"{RECHECK} and previous_classification in ('2', '3', '4')",
           "连续两次控制不满意、不良反应难以控制或出现新的并发症：建议转诊到上级医院，2周内主动随访转诊情况。",
           kept=True, basis=BASIS),
    Prompt("adjust", "调整治疗", FOLLOW_UP,
           "classification in ('2', '3') and coalesce(previous_classification, '1') = '1'",
           "第一次控制不满意或出现不良反应：结合服药依从性调整用药，2周内随访。"),
)  # fmt: skip

APPLICATION = Application(
    "hypertension", "高血压管理",
    heading="慢病管理", basis=BASIS, order=210,
    requirements=(("D03", "partial", "高血压；糖尿病、严重精神障碍等另行"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,), tallies=TALLIES, indicators=INDICATORS, prompts=PROMPTS,
)  # fmt: skip
