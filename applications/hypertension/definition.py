"""高血压患者健康管理服务规范（国家基本公共卫生服务规范第三版）: whom it serves, what is done when, what is counted."""

from applications import chronic
from health_platform.engine.api import (
    Application,
    Choice,
    Choices,
    Day,
    Form,
    Number,
    Param,
    PerPeriod,
    Register,
    Section,
    Shown,
    Text,
    YesNo,
    form,
    options,
)

PARAMS = (
    Param("systolic_goal", "收缩压控制目标（65岁以下）", 140, 130, 150, "mmHg", basis="规范第三版：<140/90mmHg"),
    Param("elder_goal", "收缩压控制目标（65岁及以上）", 150, 140, 160, "mmHg", basis="规范第三版：65岁及以上<150/90mmHg"),
    Param("diastolic_goal", "舒张压控制目标", 90, 80, 95, "mmHg"),
    *chronic.RHYTHM,
    Param("prevalence", "18岁及以上居民高血压患病率（待确认）", 0.275, 0.1, 0.5, basis="2018年全国调查，年度以文件为准"),
)

ENTRY = form(
    "hypertension_entry", "高血压患者建档表",
    YesNo("essential", "原发性高血压", required=True, hint="继发性高血压不纳入管理"),
    Day("diagnosed_on", "确诊日期"),
    Text("diagnosed_at", "确诊机构"),
    Choice("source", "发现途径", options=options("1 门诊首诊测压", "2 健康体检", "3 自述", "4 医院推送", "9 其他")),
    YesNo("family_history", "高血压家族史"),
    Choices("complications", "现有并发症", options=options(
        "1 脑血管疾病", "2 心脏疾病", "3 肾脏疾病", "4 眼部疾病", "5 血管疾病")),
    Number("height", "身高", low=100, high=220, places=1, usual=(150, 180), unit="cm"),
    day="建档日期",
)  # fmt: skip

GOAL = "systolic < if(age >= 65, :elder_goal, :systolic_goal) and diastolic < :diastolic_goal"
EMERGENCY = "(systolic >= 180 or diastolic >= 110 or danger is not null)"

FOLLOW_UP = Form(
    "hypertension_visit", "高血压患者随访服务记录表",
    (
        chronic.CONTACT,
        Section("症状", (
            Choices("symptoms", "症状", wide=True, options=options(
                "1 无症状", "2 头痛头晕", "3 恶心呕吐", "4 眼花耳鸣", "5 呼吸困难", "6 心悸胸闷", "7 鼻衄出血不止",
                "8 四肢发麻", "9 下肢水肿")),
            Choices("danger", "危急情况", wide=True, hint="存在任一项须在处理后紧急转诊", options=options(
                "1 意识改变", "2 剧烈头痛或头晕", "3 视力模糊眼痛", "4 心悸胸闷", "5 喘憋不能平卧",
                "6 妊娠期或哺乳期血压高于正常", "9 其他")),
        ), when=chronic.MET),
        Section("体征", (
            *chronic.PRESSURE, *chronic.body(), Number("heart_rate", "心率", low=30, high=220, usual=(58, 96), unit="次/分"),
        ), when=chronic.MET),
        Section("生活方式指导", (
            *chronic.LIFESTYLE, Choice("salt", "摄盐情况", options=options("1 轻", "2 中", "3 重")),
        ), when=chronic.MET),
        Section("用药", (
            *chronic.MEDICATION, chronic.COMPLICATION, Text("examinations", "辅助检查", lines=2, max_length=500, wide=True),
        ), when=chronic.MET),
        chronic.outcome(GOAL),
    ),
    rules=chronic.rules(EMERGENCY), day="随访日期", version=3,
)  # fmt: skip

EXAMINATION = chronic.examination(
    "hypertension_exam", "高血压患者年度健康检查",
    after=(Number("glucose", "空腹血糖", low=1, high=50, places=1, unit="mmol/L"),),
)  # fmt: skip

REGISTER = Register(
    "hypertension", "高血压患者管理", ENTRY,
    member="高血压患者",
    admit="age >= 35 and essential",
    admit_message="管理对象为35岁及以上的原发性高血压患者",
    leave=options(*chronic.LEAVE),
    schedules=(chronic.visits("高血压随访", FOLLOW_UP, EMERGENCY), PerPeriod("exam", "高血压年检", EXAMINATION, period="year")),
    shown=(Shown(FOLLOW_UP, "systolic"), Shown(FOLLOW_UP, "diastolic"), Shown(FOLLOW_UP, "classification", "末次分类")),
    marks=chronic.marks(FOLLOW_UP, "血压达标", GOAL, EMERGENCY),
    sections=("medication", "laboratory", "visit"),
)  # fmt: skip

BASIS = "国家基本公共卫生服务规范（第三版）高血压患者健康管理"
APPLICATION = Application(
    "hypertension", "高血压管理",
    heading="慢病管理", basis=BASIS, order=210,
    requirements=(("D03", "working", "高血压"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,),
    tallies=chronic.tallies(FOLLOW_UP, EXAMINATION, GOAL),
    indicators=chronic.indicators("htn", REGISTER, ("高血压", "血压控制"), BASIS),
    prompts=chronic.prompts(FOLLOW_UP, EMERGENCY, "收缩压≥180mmHg或舒张压≥110mmHg，或存在危急症状", BASIS),
)  # fmt: skip
