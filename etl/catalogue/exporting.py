"""The catalogue as a file: one line per dataset, or per field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from etl.catalogue.describing import Listed, field_lines
from health_platform.kernel import clock
from health_platform.kernel.sheets import Heading

ENTRY_SHEET: Final = (
    Heading("code", "资源代码"), Heading("label", "资源名称"), Heading("dataset", "数据集"), Heading("class_label", "资源分类"),
    Heading("item_label", "项"), Heading("provider", "提供方"), Heading("summary", "摘要"), Heading("keywords", "关键词"),
    Heading("share_label", "共享类型"), Heading("cycle_label", "更新周期"), Heading("fields", "信息项数"),
    Heading("rows", "数据量(行)"), Heading("institutions", "提供机构数"), Heading("last_received", "最近接收"),
    Heading("state_label", "状态"), Heading("edition", "版次"), Heading("published_at", "发布时间"),
)  # fmt: skip
FIELD_SHEET: Final = (
    Heading("code", "资源代码"), Heading("dataset_label", "资源名称"), Heading("name", "信息项编码"),
    Heading("label", "信息项名称"), Heading("description", "数据类型"), Heading("obligation", "要求"),
    Heading("element", "数据元标识符"),
    Heading("value_set_label", "值域"), Heading("code_table", "代码表"), Heading("standard", "标准"),
    Heading("column_type", "存储类型"), Heading("release", "脱敏提供方式"), Heading("note", "说明"),
)  # fmt: skip


def entry_rows(lines: Sequence[Listed]) -> list[dict[str, Any]]:
    """Lines of the catalogue as rows of ``ENTRY_SHEET``; times are local."""
    return [
        {
            **asdict(line), "rows": line.volume.rows, "institutions": line.volume.institutions,
            "last_received": clock.local(line.volume.last_received) if line.volume.last_received else None,
            "published_at": clock.local(line.published_at) if line.published_at else None,
        }
        for line in lines
    ]  # fmt: skip


def field_rows(lines: Sequence[Listed]) -> list[dict[str, Any]]:
    """All fields of these datasets as rows of ``FIELD_SHEET``."""
    return [
        {**asdict(field), "code": line.code, "dataset_label": line.label} for line in lines for field in field_lines(line.dataset)
    ]
