"""Key laboratory items of the overview, and critical limits.

Critical limits follow the list of the Chinese Hospital Association's patient safety goals (危急值报告) with the limits most
laboratories use; a laboratory's own critical report takes precedence where a source sends one. A limit applies only to
results in its unit: nothing is converted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True)
class CriticalLimit:
    """Below ``low`` or above ``high`` (in ``units``) a result of an item so named is critical."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: float | None
    high: float | None


CRITICAL_LIMITS: Final = (
    CriticalLimit(("钾", "血钾", "K", "血清钾"), ("mmol/L",), 2.8, 6.2),
    CriticalLimit(("钠", "血钠", "Na", "血清钠"), ("mmol/L",), 120, 160),
    CriticalLimit(("钙", "血钙", "Ca", "血清钙"), ("mmol/L",), 1.6, 3.5),
    CriticalLimit(("葡萄糖", "血糖", "空腹血糖", "GLU", "随机血糖"), ("mmol/L",), 2.5, 22.2),
    CriticalLimit(("血红蛋白", "HGB", "Hb"), ("g/L",), 50, 200),
    CriticalLimit(("血小板", "血小板计数", "PLT"), ("10^9/L", "×10^9/L", "10*9/L"), 31, 999),
    CriticalLimit(("白细胞", "白细胞计数", "WBC"), ("10^9/L", "×10^9/L", "10*9/L"), 1.5, 30),
    CriticalLimit(("肌酐", "血清肌酐", "CREA", "血肌酐"), ("μmol/L", "umol/L"), None, 530),
    CriticalLimit(("凝血酶原时间", "PT"), ("s", "秒"), None, 30),
    CriticalLimit(("国际标准化比值", "INR"), ("", "1"), None, 5),
    CriticalLimit(("肌钙蛋白I", "高敏肌钙蛋白I", "cTnI", "hs-cTnI"), ("ng/mL", "μg/L"), None, 0.5),
    CriticalLimit(("酸碱度", "pH", "血气pH"), ("", "1"), 7.2, 7.6),
    CriticalLimit(("氧分压", "PO2", "动脉氧分压"), ("mmHg",), 45, None),
    CriticalLimit(("二氧化碳分压", "PCO2"), ("mmHg",), 20, 70),
)

KEY_LABS: Final = (
    ("葡萄糖", "血糖", "空腹血糖", "GLU"),
    ("糖化血红蛋白", "HbA1c"),
    ("肌酐", "血清肌酐", "血肌酐", "CREA"),
    ("估算肾小球滤过率", "eGFR"),
    ("低密度脂蛋白胆固醇", "LDL-C"),
    ("总胆固醇", "TC", "CHOL"),
    ("谷丙转氨酶", "丙氨酸氨基转移酶", "ALT"),
    ("血红蛋白", "HGB", "Hb"),
    ("血小板", "血小板计数", "PLT"),
    ("白细胞", "白细胞计数", "WBC"),
    ("尿酸", "UA"),
    ("钾", "血钾", "血清钾", "K"),
)
"""Items shown first, in this order, when the person has them; other items follow by how often they were measured."""

LABS_SHOWN: Final = 8
POINTS_SHOWN: Final = 6
CRITICAL_SHOWN: Final = timedelta(days=180)
"""How long a critical result stands on the overview; no result of this time may be missed by the summary."""
