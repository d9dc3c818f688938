"""How a source says of whom a diagnosis speaks, and how sure it is: codes and words, as data.

A list of diagnoses holds suspicions (待查), exclusions (排除), relatives' diseases (家族史) and things that are no disease
(用药史). Only what stands here is told apart; everything else is taken as the person's own, because a disease that is not
shown harms more than one shown too many.
"""

from __future__ import annotations

import re
from typing import Final

FAMILY_CODES: Final = re.compile(r"Z8[0-4]")
"""ICD-10 Z80–Z84: family history of a disease."""
EXCLUDED_CODES: Final = re.compile(r"Z03")
"""ICD-10 Z03: observation for suspected diseases that were ruled out."""

# FHIR verification status, HL7 table 0422/v3 words that PRB-13 and IAM-17 carry, the report card's case class, and Chinese words.
EXCLUDED: Final = frozenset({"refuted", "excluded", "entered-in-error", "排除", "已排除", "否定"})
SUSPECTED: Final = frozenset(
    {"unconfirmed", "provisional", "differential", "suspect", "suspected", "疑似", "疑似病例", "待查", "可疑"}
)
CARD_SUSPECTED: Final = "3"
"""Case class 疑似病例 of the report card (待确认: the table ``card_case_class`` is marked unconfirmed)."""

OVER: Final = frozenset({"resolved", "inactive", "remission", "治愈", "已治愈", "痊愈", "已愈", "缓解"})
"""Clinical states that end a problem though no date was sent."""
OUTCOME_CURED: Final = "1"
"""CV05.10.010 治愈: how a stay ended. It ends an acute problem only: hospitals write it for every diagnosis of a stay."""

FAMILY: Final = "家族"
FAMILY_HISTORY: Final = "家族史"
FAMILY_KINDS: Final = frozenset({"5", "家族史"})
NOT_DISEASES: Final = frozenset({"2", "3", "4", "6", "9", "10", "手术", "外伤", "输血", "暴露史", "生活方式", "用药史"})
"""Kinds of history (``region_history_kind``) that are facts about the person but no health problem."""
SELF: Final = frozenset({"", "0", "00", "01", "02", "本人", "户主", "本人或户主"})
"""GB/T 4761 in both lengths: the person; any other relation makes the entry somebody else's."""

MAYBE: Final = re.compile(
    r"疑似|疑诊|疑为|可疑|拟诊|待查|待诊|待排|待除外|待定|可能|不除外|不能除外|不排除|未排除|[?？]|^(考虑|排除|除外)"
)
"""Words of a diagnosis not made yet; 排除 before a name asks to rule it out. 疑病症 (F45.2) is a disease and stays one."""
DENIED: Final = re.compile(r"^(否认|未见|未发现|已排除|已除外)|(排除|除外)$|^无$|^无(特殊|殊|异常)|^无.{0,12}史$")
"""Words that say there is none. 无 alone begins real diseases (无菌性脑膜炎, 无症状感染者)."""
RELATIVE: Final = re.compile(r"家族史|^(父亲|母亲|祖父|祖母|外祖父|外祖母|哥哥|弟弟|姐姐|妹妹|儿子|女儿)")
"""A relative named in an entry of the history; 家族性 diseases are the person's own."""

NO_ALLERGY: Final = re.compile(
    r"(无|否认|未发现|暂无)(已知|任何|明显|特殊)?((药物|食物|药食)(及|和|与)?){0,2}(过敏(史|原|源)?)?|nka|nkda|nil|none|noknown.*allerg.*"
)
"""An allergen field that says there is none, in plain wording: asked and none known. It must match as a whole: 无花果 (figs)
and 无水乙醇 (alcohol) are allergens."""
DENIED_ALLERGEN: Final = re.compile(r"否认")
"""One allergen denied: no allergy, and no answer to what else there may be."""

SUSPECTED_MARK: Final = "（疑似）"
