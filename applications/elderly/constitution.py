"""老年人中医药健康管理: the 33 questions and nine constitutions, with the sums and limits of the national norm."""

from __future__ import annotations

from health_platform.engine.api import Choice, Field, Number, options

QUESTIONS = (
    "精力充沛", "容易疲乏", "容易气短", "说话声音低弱无力", "闷闷不乐、情绪低沉",
    "精神紧张、焦虑不安",
    "因生活状态改变感到孤独失落", "容易害怕或受惊", "身体超重（体质指数）",
    "眼睛干涩", "手脚发凉", "胃脘、背、腰膝怕冷", "比一般人不耐受寒冷",
    "容易感冒（每年次数）", "没有感冒也鼻塞、流鼻涕", "口粘口腻或睡眠打鼾", "容易过敏（每年次数）", "皮肤容易起荨麻疹",
    "皮肤不知不觉出现青紫瘀斑", "皮肤一抓就红并出现抓痕", "皮肤或口唇干", "肢体麻木或固定部位疼痛", "面部或鼻部油腻油光",
    "面色或目眶晦黯，或出现褐色斑块", "皮肤湿疹、疮疖", "口干咽燥、总想喝水", "口苦或嘴里有异味", "腹部肥大（腹围）",
    "吃喝凉的东西不舒服或怕吃凉", "大便黏滞不爽、解不尽", "大便干燥", "舌苔厚腻或有舌苔厚厚的感觉", "舌下静脉瘀紫或增粗",
)  # fmt: skip
_SCALES = {
    9: "1 <24；2 24–25；3 25–26；4 26–28；5 ≥28", 14: "1 <2次；2 2–4次；3 5–6次；4 ≥8次；5 几乎每月",
    17: "1 从来没有；2 1–2次；3 3–4次；4 5–6次；5 每次遇到", 28: "1 <80厘米；2 80–85；3 86–90；4 91–105；5 >105",
}  # fmt: skip
_USUAL = "1 没有 2 很少 3 有时 4 经常 5 总是"

BIASED = {
    "qi": ("气虚质", (2, 3, 4, 14)), "yang": ("阳虚质", (11, 12, 13, 29)), "yin": ("阴虚质", (10, 21, 26, 31)),
    "phlegm": ("痰湿质", (9, 16, 28, 32)), "heat": ("湿热质", (23, 25, 27, 30)), "stasis": ("血瘀质", (19, 22, 24, 33)),
    "gloom": ("气郁质", (5, 6, 7, 8)), "special": ("特禀质", (15, 17, 18, 20)),
}  # fmt: skip


def questions() -> tuple[Field, ...]:
    """The 33 questions, each answered from 1 to 5 for the past year."""
    return tuple(
        Number(f"q{place}", f"{place}. {text}", required=True, low=1, high=5, usual=(1, 2.4), hint=_SCALES.get(place, _USUAL))
        for place, text in enumerate(QUESTIONS, 1)
    )


def judged() -> tuple[Field, ...]:
    """Scores and verdicts. Biased: 11 and more; tending: 9–10. Balanced: 17 and more, no other above 8 (10: almost)."""
    fields: list[Field] = []
    for code, (label, parts) in BIASED.items():
        fields.append(Number(f"{code}_score", f"{label}得分", value=" + ".join(f"q{part}" for part in parts)))
        verdict = f"if({code}_score is null, null, if({code}_score >= 11, '1', if({code}_score >= 9, '2', '0')))"
        fields.append(Choice(code, label, value=verdict, options=options("1 是", "2 倾向是", "0 否")))
    known = " and ".join(f"{code}_score is not null" for code in BIASED)
    calm = " and ".join(f"{code}_score <= 8" for code in BIASED)
    nearly = " and ".join(f"{code}_score <= 10" for code in BIASED)
    return (
        *fields,
        Number("balanced_score", "平和质得分", value="q1 + (6 - q2) + (6 - q4) + (6 - q5) + (6 - q13)"),
        Choice("balanced", "平和质", options=options("1 是", "2 基本是", "0 否"),
               value=f"if(balanced_score is not null and {known}, if(balanced_score >= 17 and {calm}, '1',"
                     f" if(balanced_score >= 17 and {nearly}, '2', '0')), null)"),
    )  # fmt: skip
