"""2型糖尿病患者健康管理服务规范（国家基本公共卫生服务规范第三版）: whom it serves, what is done when, what is counted."""

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
    Prompt,
    Register,
    Rule,
    Section,
    Shown,
    Text,
    YesNo,
    form,
    options,
)

PARAMS = (
    Param("glucose_goal", "空腹血糖控制目标", 7.0, 6.1, 8.0, "mmol/L", basis="规范第三版：<7.0mmol/L"),
    Param("glucose_high", "空腹血糖危急高值", 16.7, 13.9, 16.7, "mmol/L", basis="规范第三版：≥16.7mmol/L"),
    Param("glucose_low", "空腹血糖危急低值", 3.9, 3.9, 4.4, "mmol/L", basis="规范第三版：≤3.9mmol/L"),
    *chronic.RHYTHM,
    Param("prevalence", "18岁及以上居民糖尿病患病率（待确认）", 0.119, 0.05, 0.3, basis="2018年全国调查，年度以文件为准"),
)

ENTRY = form(
    "diabetes_entry",
    "2型糖尿病患者建档表",
    YesNo("type2", "2型糖尿病", required=True, hint="1型、妊娠期及其他类型不纳入管理"),
    Day("diagnosed_on", "确诊日期"),
    Text("diagnosed_at", "确诊机构"),
    Choice("source", "发现途径", options=options("1 门诊检测", "2 健康体检", "3 自述", "4 医院推送", "9 其他")),
    YesNo("family_history", "糖尿病家族史"),
    Choices("complications", "现有并发症", options=options(
        "1 视网膜病变", "2 糖尿病肾病", "3 神经病变", "4 糖尿病足", "5 心血管疾病", "6 脑血管疾病", "7 下肢血管病变")),
    Number("height", "身高", low=100, high=220, places=1, unit="cm"),
    day="建档日期",
)  # fmt: skip

GOAL = "glucose < :glucose_goal"
EMERGENCY = "(glucose >= :glucose_high or glucose <= :glucose_low or systolic >= 180 or diastolic >= 110 or danger is not null)"

FOLLOW_UP = Form(
    "diabetes_visit", "2型糖尿病患者随访服务记录表",
    (
        chronic.CONTACT,
        Section("症状", (
            Choices("symptoms", "症状", wide=True, options=options(
                "1 无症状", "2 多饮", "3 多食", "4 多尿", "5 视力模糊", "6 感染", "7 手脚麻木", "8 下肢浮肿", "9 体重明显下降")),
            Choices("danger", "危急情况", wide=True, hint="存在任一项须在处理后紧急转诊", options=options(
                "1 意识或行为改变", "2 呼气有烂苹果样丙酮味", "3 心悸出汗", "4 食欲减退、恶心呕吐、多饮多尿腹痛",
                "5 深大呼吸、皮肤潮红", "6 持续心动过速（>100次/分）", "7 体温超过39℃或其他突发异常",
                "8 妊娠期或哺乳期血糖高于正常", "9 其他")),
        ), when=chronic.MET),
        Section("体征", (
            *chronic.PRESSURE, *chronic.body(),
            Choice("pedis", "足背动脉搏动", options=options(
                "1 触及正常", "2 双侧减弱", "3 左侧减弱", "4 右侧减弱", "5 双侧消失", "6 左侧消失", "7 右侧消失")),
        ), when=chronic.MET),
        Section("生活方式指导", (
            *chronic.LIFESTYLE, Number("staple", "主食量", low=0, high=2000, unit="克/天"),
        ), when=chronic.MET),
        Section("辅助检查", (
            Number("glucose", "空腹血糖", required=True, low=1, high=50, places=1, usual=(5, 10), unit="mmol/L"),
            Number("hba1c", "糖化血红蛋白", low=3, high=20, places=1, unit="%"),
            Day("hba1c_on", "糖化血红蛋白检查日期", when="hba1c is not null"),
            Text("examinations", "其他检查", lines=2, max_length=500, wide=True),
        ), when=chronic.MET),
        Section("用药", (
            *chronic.MEDICATION,
            Text("insulin", "胰岛素（种类、用法用量）", max_length=200, wide=True, carry=True),
            Choice("hypoglycaemia", "低血糖反应", required=True, options=options("1 无", "2 偶尔", "3 频繁")),
            chronic.COMPLICATION,
        ), when=chronic.MET),
        chronic.outcome(GOAL),
    ),
    rules=(*chronic.rules(EMERGENCY), Rule("hba1c_on <= day", "检查日期不能晚于随访日期", "hba1c_on")),
    day="随访日期", version=3,
)  # fmt: skip

EXAMINATION = chronic.examination(
    "diabetes_exam", "2型糖尿病患者年度健康检查",
    Number("glucose", "空腹血糖", required=True, low=1, high=50, places=1, usual=(5, 10), unit="mmol/L"),
    after=(Choice("feet", "足背动脉搏动及足部检查", options=options("1 正常", "2 有异常")),),
)  # fmt: skip

REGISTER = Register(
    "diabetes", "2型糖尿病患者管理", ENTRY,
    member="2型糖尿病患者",
    admit="age >= 35 and type2",
    admit_message="管理对象为35岁及以上的2型糖尿病患者",
    leave=options(*chronic.LEAVE),
    schedules=(chronic.visits("糖尿病随访", FOLLOW_UP, EMERGENCY), PerPeriod("exam", "糖尿病年检", EXAMINATION, period="year")),
    shown=(Shown(FOLLOW_UP, "glucose"), Shown(FOLLOW_UP, "hba1c"), Shown(FOLLOW_UP, "classification", "末次分类")),
    marks=chronic.marks(FOLLOW_UP, "血糖达标", GOAL, EMERGENCY),
    sections=("medication", "laboratory", "visit"),
)  # fmt: skip

BASIS = "国家基本公共卫生服务规范（第三版）2型糖尿病患者健康管理"
APPLICATION = Application(
    "diabetes", "糖尿病管理",
    heading="慢病管理", basis=BASIS, order=220,
    requirements=(("D03", "working", "2型糖尿病"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,),
    tallies=chronic.tallies(FOLLOW_UP, EXAMINATION, GOAL),
    indicators=chronic.indicators("dm", REGISTER, ("2型糖尿病", "血糖控制"), BASIS),
    prompts=(
        *chronic.prompts(FOLLOW_UP, EMERGENCY, "空腹血糖≥16.7mmol/L或≤3.9mmol/L、血压≥180/110mmHg，或存在危急症状", BASIS),
        Prompt("low", "低血糖", FOLLOW_UP, "hypoglycaemia = '3'", "频繁低血糖：核对降糖药剂量与进餐时间，教会识别和处理低血糖。"),
    ),
)  # fmt: skip
