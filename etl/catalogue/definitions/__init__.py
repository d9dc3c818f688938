"""Words of the catalogue after GB/T 21063 and the guide to government information resource catalogues (2017)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from health_platform.datasets.api import Confidentiality, Dataset, Domain

CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {"base": "基础信息资源", "theme": "主题信息资源", "department": "部门信息资源"}
)
"""The three classes; their digit begins the resource code."""

ITEMS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "population": ("base", "01", "人口信息"),
        "units": ("base", "02", "法人与机构信息"),
        "public_health": ("theme", "01", "全民健康保障-公共卫生"),
        "blood": ("theme", "02", "全民健康保障-血液管理"),
        "care": ("department", "01", "卫生健康部门-医疗服务"),
        "records": ("department", "02", "卫生健康部门-健康档案"),
    }
)
"""Items under the classes: class, two digits, name. The digits within a class are assigned by the region (待确认)."""

CLASS_DIGITS: Final[Mapping[str, str]] = MappingProxyType({"base": "1", "theme": "2", "department": "3"})

SHARES: Final[Mapping[str, str]] = MappingProxyType(
    {"unconditional": "无条件共享", "conditional": "有条件共享", "none": "不予共享"}
)
CYCLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "realtime": "实时",
        "daily": "每日",
        "weekly": "每周",
        "monthly": "每月",
        "quarterly": "每季度",
        "yearly": "每年",
        "irregular": "不定期",
    }
)

KIND_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "文本", "code": "代码", "instant": "时间", "day": "日期", "integer": "整数", "decimal": "数值", "flag": "是否",
        "document": "文件",
    }
)  # fmt: skip
"""Types of fields as readers know them."""

DRAFT, SUBMITTED, APPROVED, PUBLISHED, WITHDRAWN = "draft", "submitted", "approved", "published", "withdrawn"
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {DRAFT: "编目中", SUBMITTED: "待审核", APPROVED: "待发布", PUBLISHED: "已发布", WITHDRAWN: "已撤销"}
)
"""An entry is catalogued, submitted, approved by somebody else, published; a change of a published entry begins a new edition."""

ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "edited": "编辑", "submitted": "提交审核", "approved": "审核通过", "returned": "退回", "published": "发布",
        "withdrawn": "撤销", "reopened": "修订",
    }
)  # fmt: skip

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "data_api": "数据接口", "batch": "批量接口", "folder": "文件交换", "hl7v2": "HL7 v2 消息", "fhir": "FHIR 接口",
        "correction": "页面更正", "json": "JSON 接口",
    }
)  # fmt: skip
"""Ways in, as the rows remember them."""


def default_item(dataset: Dataset) -> str:
    """Where a dataset stands until somebody classifies it."""
    if not dataset.personal:
        return "units"
    if dataset.patient is not None and dataset.patient.register:
        return "population"
    if dataset.line == "blood":
        return "blood"
    if dataset.domain in (Domain.CONTROL, Domain.MANAGEMENT, Domain.CHILD, Domain.WOMEN):
        return "public_health"
    return "care" if dataset.domain is Domain.MEDICAL else "records"


def default_share(dataset: Dataset) -> str:
    """Data about persons go out on conditions; very restricted sets not at all; unit reference data freely."""
    if dataset.confidentiality is Confidentiality.VERY_RESTRICTED:
        return "none"
    return "conditional" if dataset.personal else "unconditional"


def default_cycle(dataset: Dataset) -> str:
    """From the deadline: within hours is real time, a day's end is daily."""
    return "realtime" if dataset.due.delay is not None else "daily"
