"""2型糖尿病患者健康管理服务规范（国家基本公共卫生服务规范第三版）: whom it serves, what is done when, what is counted."""

from applications.chronic import CONTACT, LEAVE, LIFESTYLE, MEDICATION, MET, indicators, tallies
from health_platform.engine.api import (
    Application,
    Choice,
    Choices,
    Day,
    Form,
    Mark,
    Number,
    Param,
    PerPeriod,
    Prompt,
    Recurring,
    Register,
    Rule,
    Section,
    Shown,
    Step,
    Text,
    YesNo,
    days,
    form,
    months,
    options,
)

PARAMS = (
    Param("glucose_goal", "空腹血糖控制目标", 7.0, 6.1, 8.0, "mmol/L", basis="规范第三版：<7.0mmol/L"),
    Param("glucose_high", "空腹血糖危急高值", 16.7, 13.9, 16.7, "mmol/L", basis="规范第三版：≥16.7mmol/L"),
    Param("glucose_low", "空腹血糖危急低值", 3.9, 3.9, 4.4, "mmol/L", basis="规范第三版：≤3.9mmol/L"),
    Param("interval_months", "控制满意者随访间隔", 3, 1, 3, "月"),
    Param("recheck_days", "控制不满意、转诊者复访期限", 14, 7, 14, "天"),
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
    "diabetes_visit",
    "2型糖尿病患者随访服务记录表",
    (
        CONTACT,
        Section("症状", (
            Choices("symptoms", "症状", wide=True, options=options(
                "1 无症状", "2 多饮", "3 多食", "4 多尿", "5 视力模糊", "6 感染", "7 手脚麻木", "8 下肢浮肿", "9 体重明显下降")),
            Choices("danger", "危急情况", wide=True, hint="存在任一项须在处理后紧急转诊", options=options(
                "1 意识或行为改变", "2 呼气有烂苹果样丙酮味", "3 心悸出汗", "4 食欲减退、恶心呕吐、多饮多尿腹痛",
                "5 深大呼吸、皮肤潮红", "6 持续心动过速（>100次/分）", "7 体温超过39℃或其他突发异常",
                "8 妊娠期或哺乳期血糖高于正常", "9 其他")),
        ), when=MET),
        Section("体征", (
            Number("systolic", "收缩压", required=True, low=50, high=300, unit="mmHg"),
            Number("diastolic", "舒张压", required=True, low=30, high=200, unit="mmHg"),
            Number("weight", "体重", low=20, high=250, places=1, unit="kg"),
            Number("height", "身高", low=100, high=220, places=1, unit="cm", carry=True),
            Number("bmi", "体质指数", places=1, value="weight / (height / 100 * height / 100)"),
            Choice("pedis", "足背动脉搏动", options=options(
                "1 触及正常", "2 双侧减弱", "3 左侧减弱", "4 右侧减弱", "5 双侧消失", "6 左侧消失", "7 右侧消失")),
        ), when=MET),
        Section("生活方式指导", (*LIFESTYLE, Number("staple", "主食量", low=0, high=2000, unit="克/天")), when=MET),
        Section("辅助检查", (
            Number("glucose", "空腹血糖", required=True, low=1, high=50, places=1, unit="mmol/L"),
            Number("hba1c", "糖化血红蛋白", low=3, high=20, places=1, unit="%"),
            Day("hba1c_on", "糖化血红蛋白检查日期", when="hba1c is not null"),
            Text("examinations", "其他检查", lines=2, max_length=500, wide=True),
        ), when=MET),
        Section("用药", (
            *MEDICATION,
            Text("insulin", "胰岛素（种类、用法用量）", max_length=200, wide=True, carry=True),
            Choice("hypoglycaemia", "低血糖反应", required=True, options=options("1 无", "2 偶尔", "3 频繁")),
            YesNo("new_complication", "出现新的并发症或原有并发症加重", required=True),
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
        Rule("hba1c_on <= day", "检查日期不能晚于随访日期", "hba1c_on"),
        Rule(f"referred or not {EMERGENCY}", "存在危急情况而未转诊，请确认已作处理", "referred", "confirm"),
        Rule("referred or previous_classification <> '2' or classification <> '2'", "连续两次控制不满意，规范要求建议转诊",
             "referred", "confirm"),
    ),
    day="随访日期",
)  # fmt: skip

EXAMINATION = form(
    "diabetes_exam",
    "2型糖尿病患者年度健康检查",
    Number("temperature", "体温", low=34, high=42, places=1, unit="℃"),
    Number("pulse", "脉率", low=30, high=220, unit="次/分"),
    Number("breathing", "呼吸", low=8, high=60, unit="次/分"),
    Number("glucose", "空腹血糖", required=True, low=1, high=50, places=1, unit="mmol/L"),
    Number("systolic", "收缩压", required=True, low=50, high=300, unit="mmHg"),
    Number("diastolic", "舒张压", required=True, low=30, high=200, unit="mmHg"),
    Number("height", "身高", required=True, low=100, high=220, places=1, unit="cm", carry=True),
    Number("weight", "体重", required=True, low=20, high=250, places=1, unit="kg"),
    Number("waist", "腰围", low=40, high=200, places=1, unit="cm"),
    Number("bmi", "体质指数", places=1, value="weight / (height / 100 * height / 100)"),
    Choice("feet", "足背动脉搏动及足部检查", options=options("1 正常", "2 有异常")),
    Text("general", "皮肤、浅表淋巴结、心脏、肺部、腹部检查", lines=3, max_length=500, wide=True),
    Text("senses", "口腔、视力、听力、运动功能", lines=2, max_length=500, wide=True),
    Choice("conclusion", "健康评价", required=True, options=options("1 体检无异常", "2 有异常")),
    Text("abnormal", "异常情况", when="conclusion = '2'", required=True, lines=2, max_length=500, wide=True),
    rules=(Rule("systolic > diastolic", "收缩压应高于舒张压", "systolic"),),
    day="检查日期",
)

VISITS = Recurring(
    "visits", "糖尿病随访", FOLLOW_UP,
    first=months("interval_months"),
    counts=MET,
    steps=(
        Step(days("recheck_days"), EMERGENCY, "危急情况转诊，2周内随访"),
        Step(days("recheck_days"), "referred", "已转诊，2周内随访转诊情况"),
        Step(days("recheck_days"), "classification in ('2', '3', '4')", "控制不满意或有不良反应、并发症，2周内随访"),
        Step(months("interval_months")),
    ),
)  # fmt: skip

REGISTER = Register(
    "diabetes", "2型糖尿病患者管理", ENTRY,
    member="2型糖尿病患者",
    admit="age >= 35 and type2",
    admit_message="管理对象为35岁及以上的2型糖尿病患者",
    leave=options(*LEAVE),
    schedules=(VISITS, PerPeriod("exam", "糖尿病年检", EXAMINATION, period="year")),
    shown=(Shown(FOLLOW_UP, "glucose"), Shown(FOLLOW_UP, "hba1c"), Shown(FOLLOW_UP, "classification", "末次分类")),
    marks=(
        Mark("controlled", "血糖达标", FOLLOW_UP, f"{MET} and {GOAL}", "ok"),
        Mark("uncontrolled", "未达标", FOLLOW_UP, f"{MET} and not ({GOAL})", "warn"),
        Mark("danger", "危急", FOLLOW_UP, EMERGENCY, "bad"),
        Mark("missed", "末次未访到", FOLLOW_UP, "way = '9'", "warn"),
    ),
    sections=("medication", "laboratory", "visit"),
)  # fmt: skip

BASIS = "国家基本公共卫生服务规范（第三版）2型糖尿病患者健康管理"

PROMPTS = (
    Prompt("emergency", "危急情况", FOLLOW_UP, EMERGENCY,
           "空腹血糖≥16.7mmol/L或≤3.9mmol/L、血压≥180/110mmHg，或存在危急症状：须在处理后紧急转诊，2周内主动随访转诊情况。",
           level="urgent", kept=True, basis=BASIS),
    Prompt("refer", "建议转诊", FOLLOW_UP,
           "classification in ('2', '3', '4') and previous_classification in ('2', '3', '4')",
           "连续两次控制不满意、不良反应难以控制或出现新的并发症：建议转诊到上级医院，2周内主动随访转诊情况。",
           kept=True, basis=BASIS),
    Prompt("adjust", "调整治疗", FOLLOW_UP,
           "classification in ('2', '3') and coalesce(previous_classification, '1') = '1'",
           "第一次控制不满意或出现不良反应：结合服药依从性调整用药，2周内随访。"),
    Prompt("low", "低血糖", FOLLOW_UP, "hypoglycaemia = '3'", "频繁低血糖：核对降糖药剂量与进餐时间，教会识别和处理低血糖。"),
)  # fmt: skip

APPLICATION = Application(
    "diabetes", "糖尿病管理",
    heading="慢病管理", basis=BASIS, order=220,
    requirements=(("D03", "partial", "2型糖尿病"),),
    workers=("village_doctor", "public_health_doctor"),
    readers=("commission_administrator", "quality_officer"),
    params=PARAMS, registers=(REGISTER,),
    tallies=tallies(FOLLOW_UP, EXAMINATION, GOAL),
    indicators=indicators("dm", REGISTER, ("2型糖尿病", "血糖控制"), BASIS),
    prompts=PROMPTS,
)  # fmt: skip
