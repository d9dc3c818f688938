"""The rules of the prompts. What is said here is the default; versions in the database change it while the platform runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from applications.clinical_prompts.values import Severity


@dataclass(frozen=True)
class RuleParameter:
    """A number of a rule that operators may set between ``low`` and ``high``."""

    key: str
    label: str
    default: int
    low: int
    high: int


@dataclass(frozen=True)
class RuleDefinition:
    """One rule. ``severity`` is the gravest it may show; a table may say less for a single line.

    ``needs_reason`` asks the doctor why he goes on all the same.
    """

    code: str
    label: str
    severity: Severity
    about: str
    parameters: tuple[RuleParameter, ...] = ()
    needs_reason: bool = False


# Counts for every rule about medicines in use, when the source does not say how long a prescription lasts: outpatient
# prescriptions cover up to 7 days (处方管理办法 §19). 待确认 per county.
_SUPPLY = RuleParameter("assumed_days", "处方未注明天数时按几天计算", 7, 1, 90)
_RENEWAL = RuleParameter("renewal_days", "余量不超过几天视为续方，不提示", 3, 0, 30)

RULES: Final = (
    RuleDefinition("allergy", "药物过敏", "critical", "拟开药品与已记录的过敏原相同或同类", needs_reason=True),
    RuleDefinition(
        "contraindication", "禁忌", "critical", "诊断、妊娠、年龄或性别不宜使用拟开药品", needs_reason=True,
    ),
    RuleDefinition("interaction", "相互作用", "critical", "拟开药品与在用药品或同时开立的药品相互作用", needs_reason=True),
    RuleDefinition("same_drug", "重复用药", "warning", "其他处方的同一成分尚未用完", (_SUPPLY, _RENEWAL)),
    RuleDefinition("same_class", "同类药品", "warning", "与在用药品属于同一类别，用药时间重叠"),
    RuleDefinition(
        "repeat_lab", "重复检验", "warning", "互认期内已有同一检验项目的结果",
        (RuleParameter("silent_when_critical", "上次结果有危急值时不提示（1 是，0 否）", 1, 0, 1),),
    ),
    RuleDefinition("repeat_exam", "重复检查", "warning", "互认期内已做同一检查项目"),
    RuleDefinition("known_allergy", "过敏史", "info", "打开患者时提示已记录的过敏"),
)  # fmt: skip

BY_CODE: Final = {rule.code: rule for rule in RULES}
ORDER: Final = {rule.code: place for place, rule in enumerate(RULES)}
