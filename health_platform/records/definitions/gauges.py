"""Which measurement tells how a health problem stands: blood pressure beside hypertension, HbA1c beside diabetes.

The choice is the platform's and waits for the city's clinicians (待确认). It only decides what stands beside a problem; nothing
is judged by it: a value carries the flag and the range of its own source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SYSTOLIC: Final = ("收缩压", "SBP", "Systolic blood pressure")
DIASTOLIC: Final = ("舒张压", "DBP", "Diastolic blood pressure")
PRESSURE: Final = "血压"
GLUCOSE: Final = "血糖"

GAUGES: Final = {
    PRESSURE: (PRESSURE,),
    "HbA1c": ("糖化血红蛋白", "HbA1c", "糖化血红蛋白A1c"),
    GLUCOSE: ("葡萄糖", "血糖", "空腹血糖", "空腹葡萄糖", "GLU"),
    "INR": ("国际标准化比值", "INR"),
    "eGFR": ("估算肾小球滤过率", "eGFR"),
    "肌酐": ("肌酐", "血清肌酐", "血肌酐", "CREA"),
    "LDL-C": ("低密度脂蛋白胆固醇", "LDL-C"),
    "NT-proBNP": ("N末端B型利钠肽原", "N端脑钠肽前体", "NT-proBNP"),
    "BNP": ("B型利钠肽", "脑钠肽", "BNP"),
    "血红蛋白": ("血红蛋白", "HGB", "Hb"),
    "尿酸": ("尿酸", "UA"),
    "ALT": ("谷丙转氨酶", "丙氨酸氨基转移酶", "ALT"),
    "TSH": ("促甲状腺激素", "TSH"),
}
"""Label beside the problem, and the names of the laboratory items or measurements it is read from."""


@dataclass(frozen=True)
class Told:
    """Problems by ICD-10 code, or by words where there is no code, and what tells of them, most telling first."""

    codes: re.Pattern[str]
    words: re.Pattern[str]
    gauges: tuple[str, ...]


def _told(codes: str, words: str, *gauges: str) -> Told:
    return Told(re.compile(codes), re.compile(words), gauges)


TOLD: Final = (
    _told(r"I1[0-5]|O1[0-6]", r"高血压", PRESSURE),
    _told(r"E1[0-4]|O24", r"糖尿病", "HbA1c", GLUCOSE),
    _told(r"I48", r"房颤|心房颤动|心房扑动", "INR"),
    _told(r"I2[0-5]", r"冠心病|冠状动脉|心绞痛|心肌梗死", "LDL-C", PRESSURE),
    _told(r"I6\d", r"脑梗|脑卒中|脑出血|脑血管", PRESSURE, "LDL-C"),
    _told(r"I50", r"心力衰竭|心衰|心功能不全", "NT-proBNP", "BNP"),
    _told(r"N0[2-5]|N1[789]", r"肾病|肾脏病|肾衰|肾功能不全|肾炎", "eGFR", "肌酐"),
    _told(r"E78", r"血脂|高胆固醇", "LDL-C"),
    _told(r"D5\d|D6[0-4]", r"贫血", "血红蛋白"),
    _told(r"M10|E79", r"痛风|高尿酸", "尿酸"),
    _told(r"B1[58]|K7[0-6]", r"肝炎|肝硬化|脂肪肝", "ALT"),
    _told(r"E0[2357]", r"甲状腺功能|甲减|甲亢", "TSH"),
)
