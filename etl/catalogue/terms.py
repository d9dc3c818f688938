"""What is asked for and what is granted: one shape, so that "granted is within asked" can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from etl.catalogue.deidentify.roles import Role, requestable, roles
from health_platform.datasets.api import Dataset
from health_platform.kernel.errors import Invalid, register_messages

DETAIL, COUNTS = "detail", "counts"
KINDS = {DETAIL: "去标识明细", COUNTS: "分组计数"}
GRAINS = {"month": "到月", "quarter": "到季度", "year": "到年", "day": "到日(须平移日期)"}

register_messages(
    {
        "catalogue.fields": "以下字段不可提供或不存在：{fields}",
        "catalogue.no_fields": "至少选择一个字段",
        "catalogue.period": "起始日期晚于截止日期",
        "catalogue.group_fields": "分组计数只能选择可分组的字段，以下不行：{fields}",
        "catalogue.grain": "时间精确到日须同时平移日期",
        "catalogue.wider": "批准内容超出申请范围：{what}",
    }
)


@dataclass(frozen=True)
class Terms:
    """What an extract holds.

    Attributes:
        fields: fields and common columns, by code name.
        division: prefix of the divisions whose institutions' rows are read.
        first, last: local days of the rows' events, both included.
        linked: rows of one person carry the same pseudonym.
        shift_days: dates move by a number of days of each person's own, up to so many either way; 0 leaves them.
    """

    kind: str
    fields: tuple[str, ...]
    division: str
    first: date
    last: date
    grain: str = "month"
    linked: bool = False
    shift_days: int = 0

    def as_json(self) -> dict[str, Any]:
        """For storing."""
        return {**asdict(self), "fields": list(self.fields), "first": self.first.isoformat(), "last": self.last.isoformat()}


def terms_of(stored: Mapping[str, Any]) -> Terms:
    """Back from ``as_json``; more keys are ignored."""
    names = Terms.__dataclass_fields__
    known = {key: value for key, value in stored.items() if key in names}
    return Terms(
        **{
            **known,
            "fields": tuple(stored["fields"]),
            "first": date.fromisoformat(stored["first"]),
            "last": date.fromisoformat(stored["last"]),
        }
    )


def check_terms(definition: Dataset, terms: Terms) -> None:
    """
    Raises:
        Invalid: a field that is never handed out or does not exist, no field, an empty period, a grain finer than permitted.
    """
    if not terms.fields:
        raise Invalid("catalogue.no_fields")
    if unknown := sorted(set(terms.fields) - requestable(definition).keys()):
        raise Invalid("catalogue.fields", fields="、".join(unknown))
    if terms.first > terms.last:
        raise Invalid("catalogue.period")
    if terms.grain == "day" and not terms.shift_days:
        raise Invalid("catalogue.grain")
    if terms.kind == COUNTS and (wrong := _not_groupable(definition, terms)):
        raise Invalid("catalogue.group_fields", fields="、".join(wrong))


def check_within(asked: Terms, granted: Terms) -> None:
    """
    Raises:
        Invalid: ``catalogue.wider``: more would be granted than was asked for.
    """
    order = ("year", "quarter", "month", "day")
    wider = {
        "字段": not set(granted.fields) <= set(asked.fields),
        "方式": granted.kind != asked.kind,
        "区划": not granted.division.startswith(asked.division),
        "期间": granted.first < asked.first or granted.last > asked.last,
        "时间精度": order.index(granted.grain) > order.index(asked.grain),
        "关联": granted.linked and not asked.linked,
    }
    if found := [what for what, is_wider in wider.items() if is_wider]:
        raise Invalid("catalogue.wider", what="、".join(found))


def _not_groupable(definition: Dataset, terms: Terms) -> list[str]:
    known = roles(definition)
    return sorted(name for name in terms.fields if known[name] is Role.VALUE)
