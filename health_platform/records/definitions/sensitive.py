"""Classes of events that are withheld from callers who are not cleared for them.

The classes follow what Chinese law protects beyond ordinary health data: HIV (艾滋病防治条例 §39), mental disorders
(精神卫生法 §4), reproduction and termination (人口与计划生育法; 母婴保健法), sexually transmitted diseases (性病防治管理办法),
drug dependence (禁毒法). An event belongs to the first class whose diagnosis code prefix or word it carries; words also
catch tests and medicines that would give a diagnosis away, and departments do that treat nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SensitiveClass:
    """A class: ``name`` is what clearances name, ``icd10`` are code prefixes, ``words`` are looked for in titles, notes and
    values, ``departments`` in the name of the department. 皮肤性病科 is on no list: most of its patients have a rash."""

    name: str
    label: str
    icd10: tuple[str, ...]
    words: tuple[str, ...]
    departments: tuple[str, ...] = ()


SENSITIVE_CLASSES = (
    SensitiveClass(
        "hiv",
        "艾滋病相关",
        ("B20", "B21", "B22", "B23", "B24", "Z21", "R75", "F02.4"),
        (
            "艾滋",
            "HIV",
            "人类免疫缺陷病毒",
            "抗逆转录病毒",
            "齐多夫定",
            "拉米夫定",
            "依非韦伦",
            "CD4",
            "恩曲他滨",
            "多替拉韦",
            "比克替拉韦",
            "洛匹那韦",
            "奈韦拉平",
            "阿巴卡韦",
            "拉替拉韦",
            "艾博韦泰",
        ),
    ),
    SensitiveClass(
        "addiction",
        "药物依赖",
        ("F11", "F12", "F13", "F14", "F15", "F16", "F18", "F19"),
        ("戒毒", "美沙酮", "药物依赖"),
        ("戒毒", "成瘾"),
    ),
    SensitiveClass(
        "mental",
        "精神心理",
        ("F",),
        (
            "精神科",
            "精神障碍",
            "精神分裂",
            "双相情感",
            "抑郁发作",
            "奥氮平",
            "利培酮",
            "氯氮平",
            "喹硫平",
            "碳酸锂",
            "帕利哌酮",
            "阿立哌唑",
            "齐拉西酮",
            "氨磺必利",
            "氟哌啶醇",
            "氯丙嗪",
            "奋乃静",
            "舍曲林",
            "帕罗西汀",
            "氟西汀",
            "西酞普兰",
            "文拉法辛",
            "米氮平",
        ),
        ("精神", "心理", "心身"),
    ),
    SensitiveClass(
        "sexual",
        "性传播疾病",
        ("A50", "A51", "A52", "A53", "A54", "A55", "A56", "A57", "A58", "A59", "A60", "A63", "A64", "N34.1"),
        ("梅毒", "淋病", "淋球菌", "尖锐湿疣", "生殖器疱疹", "性病", "密螺旋体", "TPPA", "快速血浆反应素"),
    ),
    SensitiveClass(
        "reproductive",
        "生殖与终止妊娠",
        ("O00", "O01", "O02", "O03", "O04", "O05", "O06", "O07", "O08", "N97", "N46", "Z30", "Z31", "Z64.0"),
        ("流产", "引产", "终止妊娠", "人工授精", "试管婴儿", "胚胎移植", "米非司酮", "不孕", "不育"),
        ("生殖", "计划生育"),
    ),
)

LABELS = {one.name: one.label for one in SENSITIVE_CLASSES}


def class_of_diagnosis(code: str, name: str = "") -> str:
    """The class a diagnosis belongs to by its ICD-10 code or a word of its name, or ""."""
    plain, said = code.strip().upper(), name.upper()
    for one in SENSITIVE_CLASSES:
        if plain.startswith(one.icd10) or any(word.upper() in said for word in one.words):
            return one.name
    return ""


def class_of_place(name: str) -> str:
    """The class of those whom an institution or department of this name treats and nobody else, or ""."""
    return next((one.name for one in SENSITIVE_CLASSES if any(word in name for word in one.departments)), "")
