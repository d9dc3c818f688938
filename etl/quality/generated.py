"""Rules that follow from the dataset definitions by themselves: nobody writes them, nobody forgets one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Final

from etl.quality.rules import Origin, Partner, Rule, Source
from etl.quality.shapes import Dimension, Severity
from etl.quality.volume import DECLARED
from health_platform.datasets.api import VALUE_SETS, Code, Dataset, Day, Field, Instant, Text, catalogue, describe

_FORMAT_TESTS: Final = {
    "resident_id": "not valid_id_number({0})",
    "uscc": "not valid_credit_code({0})",
    "phone": "not matches({0}, '(\\+?86-?)?1[3-9][0-9]{{9}}|0[0-9]{{2,3}}-?[0-9]{{7,8}}(-[0-9]{{1,6}})?')",
    "icd10": "not matches({0}, '[A-Z][0-9]{{2}}(\\.[0-9A-Zx+*]{{1,8}})?([,，;；|、][A-Z][0-9]{{2}}(\\.[0-9A-Zx+*]{{1,8}})?)*')",
    "number": "number({0}) is null",
}
_REFUSALS: Final = {
    "required": ("必填项为空的记录被拒收", Dimension.COMPLETENESS),
    "type": ("类型不符（日期、数值等无法识别）的记录被拒收", Dimension.CORRECTNESS),
    "range": ("数值或日期超出允许范围的记录被拒收", Dimension.CORRECTNESS),
    "max_length": ("超过最大长度的记录被拒收", Dimension.CORRECTNESS),
    "pattern": ("格式不符的记录被拒收", Dimension.CORRECTNESS),
    "parent": ("明细的所属记录未上传，暂未入库", Dimension.LOGIC),
}
"""Rules that the check on arrival refuses by, as they stand in the quarantine."""


@cache
def generated() -> tuple[Rule, ...]:
    """All rules of all dataset definitions."""
    return tuple(rule for definition in catalogue().values() for rule in of_dataset(definition))


def of_dataset(definition: Dataset) -> Iterator[Rule]:
    """The rules of one definition."""
    yield from _refusals(definition)
    for field in definition.fields:
        if field.name in definition.key or field.name == definition.void:
            continue
        yield from _of_field(definition, field)
    yield from _deadline(definition)
    yield from _parent(definition)
    yield _volume(definition)
    yield from (_declared(definition, label) for label, dataset in DECLARED.values() if dataset == definition.name)


def _refusals(definition: Dataset) -> Iterator[Rule]:
    for kind, (label, dimension) in _REFUSALS.items():
        if kind == "parent" and definition.parent is None:
            continue
        yield Rule(
            f"{definition.name}.refused.{kind}", definition.name, f"{definition.label}：{label}", dimension, "false",
            "在“隔离数据”中查看每条记录的字段、值和原因，更正后重新上传。", severity=Severity.SEVERE, weight=Decimal(3),
            origin=Origin.GENERATED, source=Source.REFUSED,
        )  # fmt: skip


def _of_field(definition: Dataset, field: Field) -> Iterator[Rule]:
    if field.expected:
        yield _rule(definition, field, "filled", Dimension.COMPLETENESS, f"{field.name} is null",
                    f"“{field.label}”应填写", "在业务系统中补填该项后重新上传；如系统没有该项，请改造接口。")  # fmt: skip
    if isinstance(field, Code):
        yield _value_set(definition, field)
    if isinstance(field, Text) and field.format:
        yield _rule(definition, field, "format", Dimension.CORRECTNESS, _FORMAT_TESTS[field.format].format(field.name),
                    f"“{field.label}”应符合格式：{describe(field)}", "按规定格式更正该项后重新上传。")  # fmt: skip
    if isinstance(field, Instant | Day) and field.after:
        yield _order(definition, field, definition.by_name[field.after])


def _value_set(definition: Dataset, field: Code) -> Rule:
    table = VALUE_SETS[field.value_set]
    return _rule(definition, field, "value_set", Dimension.CORRECTNESS, f"unmapped.{field.name}",
                 f"“{field.label}”应在【{table.label}】值域范围内（{table.standard}）",
                 "改用标准代码，或在“编码对照”中建立院内代码与标准代码的对照后重新上传。",
                 applies=f"{field.name} is not null")  # fmt: skip


def _order(definition: Dataset, later: Field, earlier: Field) -> Rule:
    first, second = earlier.name, later.name
    if isinstance(earlier, Day) or isinstance(later, Day):
        first, second = f"day_of({first})", f"day_of({second})"
    return Rule(
        f"{definition.name}.{later.name}.after.{earlier.name}", definition.name,
        f"“{later.label}”不应早于“{earlier.label}”", Dimension.LOGIC, f"{second} < {first}",
        f"核对“{earlier.label}”与“{later.label}”，更正录入有误的一项后重新上传。", weight=Decimal(2),
        shown=(earlier.name, later.name), origin=Origin.GENERATED,
    )  # fmt: skip


def _deadline(definition: Dataset) -> Iterator[Rule]:
    if not definition.time and definition.parent is None:
        return
    times = tuple(name for name in definition.time)
    yield Rule(
        f"{definition.name}.deadline", definition.name, f"{definition.label}应在规定时限内上传（{definition.due.label}）",
        Dimension.TIMELINESS, "first_received_at > due_at",
        "检查前置机任务计划和网络，缩短采集间隔；补传历史数据请事先报备。按首次接收时间判断，更正后重传不算迟报。",
        weight=Decimal(2), shown=times, origin=Origin.GENERATED,
    )  # fmt: skip
    yield Rule(
        f"{definition.name}.future", definition.name, f"{definition.label}的业务时间不应晚于上传时间", Dimension.LOGIC,
        "event_time > received_at and minutes_between(received_at, event_time) > 60",
        "核对业务系统服务器时钟，更正错误的日期后重新上传。", shown=times, origin=Origin.GENERATED,
    )  # fmt: skip


def _parent(definition: Dataset) -> Iterator[Rule]:
    """A detail whose parent was withdrawn; one whose parent never came waits in the quarantine."""
    if definition.parent is None:
        return
    parent = catalogue()[definition.parent.dataset]
    partner = Partner(parent.name, ((definition.parent.field, parent.key[0]),))
    yield Rule(
        f"{definition.name}.parent", definition.name, f"每条{definition.label}应有对应的{parent.label}", Dimension.LOGIC,
        "not other.found", f"补传所属的{parent.label}，或作废多余的明细。", partner=partner,
        severity=Severity.SEVERE, weight=Decimal(2), shown=(definition.parent.field,), origin=Origin.GENERATED,
    )  # fmt: skip


def _volume(definition: Dataset) -> Rule:
    return Rule(
        f"{definition.name}.volume", definition.name, f"{definition.label}每日数量应与本机构近八周同一星期日的数量相当",
        Dimension.COMPLETENESS, "false", "核对当日业务量；如确有漏传请补传，如业务量确有变化可不处理。",
        severity=Severity.HINT, origin=Origin.GENERATED, source=Source.COUNTS,
    )  # fmt: skip


def _declared(definition: Dataset, label: str) -> Rule:
    return Rule(
        f"{definition.name}.declared", definition.name, f"{definition.label}每日上传数不应少于申报的{label}",
        Dimension.COMPLETENESS, "false", "按业务系统清点当日记录，补传遗漏的部分；申报有误的更正申报数。",
        severity=Severity.SEVERE, weight=Decimal(5), origin=Origin.GENERATED, source=Source.COUNTS,
    )  # fmt: skip


def _rule(
    definition: Dataset, field: Field, kind: str, dimension: Dimension, fails: str, label: str, mend: str, *, applies: str = ""
) -> Rule:
    return Rule(
        f"{definition.name}.{field.name}.{kind}", definition.name, label, dimension, fails, mend, applies=applies,
        shown=(field.name,), origin=Origin.GENERATED,
    )  # fmt: skip
