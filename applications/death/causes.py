"""ICD-10 ranges of causes of death as patterns for expressions (RE2), with what they mean.

Ranges of the three broad classes and of codes unfit as an underlying cause follow the practice of the national cause-of-death
surveillance; they are from memory in part and therefore 待确认: a new edition is a new version of the certificate form.
"""

from __future__ import annotations

CODE = r"[A-Z][0-9][0-9](\.[0-9A-Z]{1,3})?"
"""A whole ICD-10 code, three characters and perhaps more."""

GARBAGE = r"(R[0-8][0-9]|R9[0-4]|R9[6-9]|I46|I50|J96|Y1[0-9]|Y2[0-9]|Y3[0-4]|C76|C80).*"
"""Symptoms, modes of dying, ill-defined and undetermined codes. R95 (sudden infant death) is a cause."""

INJURY_NATURE = r"[ST].*"
"""Nature of an injury: the underlying cause of such a death is the external cause, V01–Y98."""

EXTERNAL = r"[VWXY].*"

COMMUNICABLE = (
    r"([AB][0-9]|U07|G0[0-4]|N7[0-7]|J0[0-6]|J1[0-8]|J2[0-2]|H6[56]|O[0-9]|P[0-8][0-9]|P9[0-6]"
    r"|E0[0-2]|E4[0-6]|E5|E6[0-4]|D5[0-3]).*"
)
"""Class I: communicable, maternal, perinatal and nutritional conditions."""

UNCLEAR = r"(R[0-8][0-9]|R9[0-4]|R9[6-9]).*"
"""Symptoms and ill-defined conditions belong to none of the three classes; R95 is a disease of the newborn and infant."""

MATERNAL = r"O[0-9].*"
FEMALE_ONLY = r"(C5[1-8]|D0[67]\.[0-3]|D2[5-8]|N7[0-7]|N8[0-9]|N9[0-8]|O[0-9]).*"
MALE_ONLY = r"(C6[0-3]|D29|N4[0-9]|N5[01]).*"
PREMATURE = r"(C[0-8][0-9]|C9[0-7]|I[0-9]|J[3-8][0-9]|J9[0-8]|E1[0-4]).*"
"""Cancer, cardiovascular, chronic respiratory disease and diabetes: premature between 30 and 69 years (SDG 3.4.1)."""

HEART = r"(I0[5-9]|I1[13]|I2[0-7]|I3|I4|I5[0-2]).*"
STROKE = r"I6.*"
CANCER = r"C.*"

MAIN = (
    ("infection", "传染病和寄生虫病", r"([AB]|U07).*"), ("cancer", "恶性肿瘤", CANCER), ("growth", "其他肿瘤", r"D[0-4].*"),
    ("blood", "血液、造血及免疫疾病", r"D[5-8].*"), ("endocrine", "内分泌、营养和代谢疾病", r"E.*"),
    ("mind", "精神和行为障碍", r"F.*"),
    ("nerves", "神经系统和感觉器官疾病", r"[GH].*"), ("heart", "心脏病", HEART), ("stroke", "脑血管病", STROKE),
    ("vessels", "其他循环系统疾病", r"(I0[0-4]|I10|I12|I15|I28|I[7-9]).*"), ("breath", "呼吸系统疾病", r"J.*"),
    ("digestion", "消化系统疾病", r"K.*"), ("frame", "皮肤、肌肉骨骼疾病", r"[LM].*"), ("urinary", "泌尿生殖系统疾病", r"N.*"),
    ("childbed", "妊娠、分娩和产褥期", r"O.*"), ("perinatal", "围生期疾病", r"P.*"), ("born_with", "先天畸形", r"Q.*"),
    ("unclear", "症状体征和不明确情况", r"R.*"), ("external", "损伤和中毒外部原因", EXTERNAL),
)  # fmt: skip
"""Causes by chapters of ICD-10 with heart and brain apart, as the yearly statistics list them; each cause is in one of them."""
