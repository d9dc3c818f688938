"""What the catalogue shows of a dataset: resource code, fields with their tables of codes, and the way from source to table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from etl.catalogue.definitions import CLASS_DIGITS, CLASSES, CYCLES, ITEMS, KIND_LABELS, SHARES, SOURCES, STATES
from etl.catalogue.deidentify.roles import roles
from etl.catalogue.entries import entries, is_outdated, is_public
from etl.catalogue.models import CatalogueEntry
from etl.catalogue.volumes import Volume, supplies, volumes
from health_platform.datasets.api import VALUE_SETS, Code, Dataset, Field, catalogue, dataset, table
from health_platform.kernel import clock
from registry.api import initials


@dataclass(frozen=True)
class Listed:
    """One line of the catalogue."""

    dataset: str
    code: str
    label: str
    class_label: str
    item: str
    item_label: str
    share: str
    share_label: str
    cycle_label: str
    provider: str
    state: str
    state_label: str
    public: bool
    outdated: bool
    edition: int
    published_at: datetime | None
    fields: int
    volume: Volume
    freshness: str
    summary: str
    keywords: str


@dataclass(frozen=True)
class FieldLine:
    """One field as the catalogue shows it."""

    name: str
    label: str
    kind: str
    description: str
    obligation: str
    element: str
    value_set: str
    value_set_label: str
    code_table: str
    standard: str
    column: str
    column_type: str
    release: str
    note: str


@dataclass(frozen=True)
class Station:
    """One station of a lineage: its title and what happens or lies there."""

    title: str
    lines: tuple[str, ...]


def resource_code(name: str, item: str) -> str:
    """Class, item and the running number of the dataset: ``301001/0007``. The number is the dataset's place, which never moves:
    definitions are only appended (their order is kept by the reference).
    """
    class_key, digits, _ = ITEMS[item]
    return f"{CLASS_DIGITS[class_key]}{digits}001/{list(catalogue()).index(name) + 1:04d}"


def listing(session: Session) -> list[Listed]:
    """All entries with volumes as the caller may see them."""
    measured = volumes(session)
    return [_listed(entry, measured.get(entry.dataset, Volume(entry.dataset))) for entry in entries(session)]


def listed(session: Session, entry: CatalogueEntry) -> Listed:
    """One entry with its volume."""
    return _listed(entry, volumes(session).get(entry.dataset, Volume(entry.dataset)))


def shown(entry: CatalogueEntry, editor: bool) -> dict[str, Any]:
    """The facts of an entry a reader gets: the published edition; editors see the working copy."""
    if entry.published is not None and not editor:
        return dict(entry.published)
    keys = ("item", "share", "share_condition", "open_to_public", "provider", "summary", "keywords", "cycle", "edition")
    return {key: getattr(entry, key) for key in keys}


def matches(line: Listed, text: str) -> bool:
    """Whether a line answers a search: Chinese words, pinyin initials, resource code or code name, also of its fields."""
    wanted = text.strip().lower()
    if not wanted:
        return True
    definition = dataset(line.dataset)
    labels = (line.label, line.item_label, line.class_label, line.summary, line.keywords, line.provider)
    names = (line.dataset, line.code, definition.entity.lower())
    if any(wanted in part.lower() for part in (*labels, *names)):
        return True
    if any(wanted in field.label.lower() or wanted == field.name for field in definition.fields):
        return True
    return wanted.isascii() and wanted in initials(line.label)


def field_lines(name: str) -> list[FieldLine]:
    """The fields of a dataset, in order."""
    definition = dataset(name)
    released = roles(definition)
    types = {column.name: column.type for column in table(definition).columns}
    return [_field_line(definition, field, types[field.name], released[field.name].label) for field in definition.fields]


def lineage(session: Session, name: str) -> list[Station]:
    """From the systems of the institutions to the table, with the caller's figures."""
    definition = dataset(name)
    ways = supplies(session, name)
    sources = tuple(f"{SOURCES.get(each.source, each.source)}：{each.institutions} 家机构，{each.rows:,} 行" for each in ways)
    tables = sorted({VALUE_SETS[field.value_set].label for field in definition.coded})
    return [
        Station("来源系统", sources or ("尚未收到数据",)),
        Station("接收留底", ("原文加密留存，按消息编号去重", f"时限 {definition.due.label}")),
        Station(
            "校验", (f"必填 {_count(definition, 'required')} 项，应填 {_count(definition, 'expected')} 项", "不合格行进入隔离区")
        ),
        Station("标准映射", (f"{len(definition.coded)} 个代码字段", "、".join(tables[:6]) + ("等" if len(tables) > 6 else ""))),
        Station("身份识别", (_identity(definition),)),
        Station("数据仓库表", (f"{definition.name}", f"{len(table(definition).columns)} 列")),
    ]


def related(name: str) -> list[Dataset]:
    """The dataset a detail belongs to, and the details of a dataset."""
    mine = dataset(name)
    up = [dataset(mine.parent.dataset)] if mine.parent else []
    return up + [each for each in catalogue().values() if each.parent is not None and each.parent.dataset == name]


def freshness(volume: Volume, cycle: str, now: datetime) -> str:
    """fresh, late or none: whether the last receipt is younger than twice the cycle."""
    if volume.last_received is None:
        return "none"
    days = {"realtime": 1, "daily": 2, "weekly": 14, "monthly": 62, "quarterly": 184, "yearly": 732}.get(cycle)
    return "fresh" if days is None or (now - volume.last_received).days < days else "late"


def _listed(entry: CatalogueEntry, volume: Volume) -> Listed:
    definition = dataset(entry.dataset)
    class_key, _, item_label = ITEMS[entry.item]
    return Listed(
        dataset=entry.dataset, code=resource_code(entry.dataset, entry.item), label=definition.label,
        class_label=CLASSES[class_key], item=entry.item, item_label=item_label, share=entry.share,
        share_label=SHARES[entry.share], cycle_label=CYCLES[entry.cycle], provider=entry.provider or "", state=entry.state,
        state_label=STATES[entry.state], public=is_public(entry), outdated=is_outdated(entry), edition=entry.edition,
        published_at=entry.published_at, fields=len(definition.fields), volume=volume,
        freshness=freshness(volume, entry.cycle, clock.now()), summary=entry.summary or "", keywords=entry.keywords or "",
    )  # fmt: skip


def _field_line(definition: Dataset, field: Field, column_type: str, release: str) -> FieldLine:
    codes = VALUE_SETS[field.value_set] if isinstance(field, Code) else None
    key = "主键，" if field.name in definition.key else ""
    return FieldLine(
        name=field.name, label=field.label, kind=field.kind, description=_in_words(field),
        obligation=key + ("必填" if field.required else "应填" if field.expected else "可选"), element=field.element,
        value_set=codes.name if codes else "", value_set_label=codes.label if codes else "",
        code_table=codes.table if codes else "", standard=codes.standard if codes else "", column=field.name,
        column_type=column_type, release=release, note=field.note,
    )  # fmt: skip


def _in_words(field: Field) -> str:
    """The type for readers: its Chinese name with length, range or unit."""
    word = KIND_LABELS.get(field.kind, field.kind)
    if limit := getattr(field, "max_length", None):
        return f"{word}，至多 {limit} 字"
    unit = getattr(field, "unit", "")
    return f"{word}（{unit}）" if unit else word


def _count(definition: Dataset, attribute: str) -> int:
    return sum(1 for field in definition.fields if getattr(field, attribute))


def _identity(definition: Dataset) -> str:
    if not definition.personal:
        return "机构数据，不涉及居民"
    return "随所属记录归属居民" if definition.parent else "由主索引按身份信息归属居民"


def in_catalogue(lines: Sequence[Listed], *, item: str = "", share: str = "", state: str = "", text: str = "") -> list[Listed]:
    """The lines that fit all filters."""
    return [
        line
        for line in lines
        if (not item or line.item == item)
        and (not share or line.share == share)
        and (not state or line.state == state)
        and matches(line, text)
    ]
