"""Which value of a person's many records survives into the golden record: the rules, as reviewed data.

A rule names the columns that travel together (a number without its kind means nothing) and the order of preferences that
decides between competing values. The last tie-break is always the patient key, so that the same records give the same
golden record in any order of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Preference = Literal["valid", "trust", "support", "recent", "detail"]

PREFERENCE_LABELS: dict[str, str] = {
    "valid": "校验有效",
    "trust": "来源可信度",
    "support": "多来源一致",
    "recent": "最近更新",
    "detail": "信息完整",
}


@dataclass(frozen=True)
class SurvivorRule:
    """How one part of the golden record is chosen.

    Attributes:
        name: the part's code name, and the first column.
        label: Chinese name shown beside the value.
        columns: identity columns taken together from the winning record; the first must be present.
        prefer: preferences from the strongest to the weakest.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    prefer: tuple[Preference, ...]


# A legal name or birth date is established by agreement of trusted sources; an address or phone goes stale.
SURVIVORSHIP: tuple[SurvivorRule, ...] = (
    SurvivorRule("name", "姓名", ("name",), ("valid", "trust", "recent", "support")),
    SurvivorRule("gender", "性别", ("gender",), ("valid", "support", "trust", "recent")),
    SurvivorRule("birth_date", "出生日期", ("birth_date",), ("valid", "support", "trust", "recent")),
    SurvivorRule("id_no", "身份证件", ("id_no", "id_type"), ("valid", "trust", "support", "recent")),
    SurvivorRule("card_no", "就诊卡证", ("card_no", "card_type"), ("valid", "trust", "recent", "support")),
    SurvivorRule("phone", "联系电话", ("phone",), ("valid", "recent", "trust", "support")),
    SurvivorRule("address", "居住地址", ("address",), ("valid", "detail", "recent", "trust")),
    SurvivorRule("nation", "民族", ("nation",), ("valid", "support", "trust", "recent")),
    SurvivorRule("mother_name", "母亲姓名", ("mother_name", "mother_id_no"), ("valid", "trust", "recent", "support")),
)

DEFAULT_TRUST = 50
"""Trust of an institution nobody has graded, on a scale of 0 (hearsay) to 100 (civil register)."""
