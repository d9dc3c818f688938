"""The forms of elderly care: entry, self-care, the yearly examination, the constitution of traditional medicine."""

from applications.chronic import PLAUSIBLE, PRESSURE, body
from applications.elderly.constitution import judged, questions
from health_platform.engine.api import (
    Choice,
    Choices,
    Field,
    Form,
    Number,
    Section,
    Text,
    YesNo,
    form,
    options,
)

ENTRY = form(
    "elderly_entry", "老年人健康管理建档",
    Choice("lives", "居住情况", required=True, options=options("1 与家人同住", "2 独居", "3 养老机构", "9 其他")),
    Text("contact", "联系人及电话", required=True, max_length=60),
    Choices("known", "既往确诊的慢性病", wide=True, options=options(
        "1 高血压", "2 糖尿病", "3 冠心病", "4 慢阻肺", "5 恶性肿瘤", "6 脑卒中", "7 严重精神障碍", "8 结核病", "9 其他")),
    day="建档日期",
)  # fmt: skip

# WS/T 484 and the norm's table: the points of independent, slightly, moderately, wholly dependent
ITEMS = {
    "eating": ("进餐", (0, 0, 3, 5)), "washing": ("梳洗", (0, 1, 3, 7)), "dressing": ("穿衣", (0, 0, 3, 5)),
    "toilet": ("如厕", (0, 1, 5, 10)), "moving": ("活动", (0, 1, 5, 10)),
}  # fmt: skip
DEGREES = options("1 可自理", "2 轻度依赖", "3 中度依赖", "4 不能自理")


def _points(code: str, points: tuple[int, int, int, int]) -> str:
    first, second, third, fourth = points
    return f"if({code} = '4', {fourth}, if({code} = '3', {third}, if({code} = '2', {second}, if({code} = '1', {first}, null))))"


DEGREE = "if(points is null, null, if(points >= 19, '4', if(points >= 9, '3', if(points >= 4, '2', '1'))))"
SELF_CARE = form(
    "elderly_self_care", "老年人生活自理能力评估",
    *(Choice(code, label, required=True, options=DEGREES) for code, (label, _) in ITEMS.items()),
    Number("points", "总评分", value=" + ".join(_points(code, points) for code, (_, points) in ITEMS.items())),
    Choice("degree", "评估结果", value=DEGREE, options=DEGREES),
    day="评估日期",
)  # fmt: skip


BLOOD = (
    ("haemoglobin", "血红蛋白", 30, 250, "g/L", (110, 150)), ("white", "白细胞", 0.5, 100, "10⁹/L", (4, 9)),
    ("platelets", "血小板", 1, 1500, "10⁹/L", (120, 280)), ("alt", "谷丙转氨酶", 0, 5000, "U/L", (8, 40)),
    ("ast", "谷草转氨酶", 0, 5000, "U/L", (8, 40)), ("bilirubin", "总胆红素", 0, 800, "μmol/L", (5, 20)),
    ("creatinine", "血清肌酐", 10, 3000, "μmol/L", (45, 100)), ("urea", "血尿素氮", 0.5, 100, "mmol/L", (3, 8)),
    ("glucose", "空腹血糖", 1, 50, "mmol/L", (4.5, 7.5)), ("cholesterol", "总胆固醇", 0.5, 30, "mmol/L", (3.5, 6)),
    ("triglycerides", "甘油三酯", 0.1, 60, "mmol/L", (0.7, 2)), ("ldl", "低密度脂蛋白胆固醇", 0.1, 20, "mmol/L", (1.5, 4)),
    ("hdl", "高密度脂蛋白胆固醇", 0.1, 10, "mmol/L", (1, 2)),
)  # fmt: skip
"""Code, label, lowest and highest value that can be, unit, what demonstration data lies between."""


def _measured(code: str, label: str, low: float, high: float, unit: str, usual: tuple[float, float]) -> Field:
    return Number(code, label, required=True, low=low, high=high, places=1, usual=usual, unit=unit)


EXAMINATION = Form(
    "elderly_exam", "老年人健康体检表",
    (
        Section("生活方式与健康状况评估", (
            YesNo("smokes", "吸烟", required=True), YesNo("drinks", "饮酒", required=True),
            YesNo("exercises", "经常锻炼", required=True),
            Choice("cognition", "认知功能粗筛", required=True, options=options("1 阴性", "2 阳性")),
            Choice("emotion", "情感状态粗筛", required=True, options=options("1 阴性", "2 阳性")),
            Text("medicines", "用药情况", lines=2, max_length=500, wide=True, carry=True),
        )),
        Section("体格检查", (
            *PRESSURE, *body(required=True),
            Number("waist", "腰围", required=True, low=40, high=200, places=1, usual=(70, 95), unit="cm"),
            Text("general", "口腔、视力、听力、运动功能，皮肤、心肺腹检查", required=True, lines=3, max_length=500, wide=True),
        )),
        Section("辅助检查", (
            *(_measured(*line) for line in BLOOD), Text("urine", "尿常规", required=True, max_length=100),
            Choice("ecg", "心电图", required=True, options=options("1 正常", "2 异常")),
            Choice("ultrasound", "腹部B超（肝胆胰脾）", required=True, options=options("1 正常", "2 异常")),
            Text("abnormal", "异常说明", when="ecg = '2' or ultrasound = '2'", required=True, lines=2, max_length=500, wide=True),
        )),
        Section("健康指导", (
            Choice("told", "告知体检结果", required=True, options=options("1 未见异常", "2 有异常，已告知")),
            Choices("guidance", "健康指导", required=True, wide=True, options=options(
                "1 纳入慢性病患者健康管理", "2 建议复查", "3 建议转诊", "4 生活方式干预", "5 疫苗接种",
                "6 骨质疏松预防与防跌倒", "7 自救互救")),
        )),
    ),
    rules=(PLAUSIBLE,),
    day="体检日期",
)  # fmt: skip

CONSTITUTION = Form(
    "elderly_constitution", "老年人中医体质辨识",
    (
        Section("近一年的体验和感觉（1–5）", questions()),
        Section("体质辨识", judged()),
        Section("中医药保健指导", (
            Choices("advice", "保健指导", required=True, wide=True, options=options(
                "1 情志调摄", "2 饮食调养", "3 起居调摄", "4 运动保健", "5 穴位保健", "6 其他")),
        )),
    ),
    day="辨识日期",
)  # fmt: skip
