"""Pages of the registries and their menus."""

from __future__ import annotations

from browser_ui.registry import (
    departments,
    divisions,
    institutions,
    mappings,
    registrations,
    resources,
    sources,
    staff,
    standards,
    value_sets,
)
from health_platform.kernel.platform import Button, MenuItem, Platform

_PATH = "基础管理"

MENUS = (
    MenuItem(
        "registry.divisions",
        "行政区划",
        "/console/registry/divisions",
        "registry.division.read",
        _PATH,
        500,
        (
            Button("edit", "提交变更", "registry.division.edit"),
            Button("approve", "审核与迁移", "registry.division.approve"),
        ),
    ),
    MenuItem(
        "registry.institutions",
        "卫生机构",
        "/console/registry/institutions",
        "registry.institution.read",
        _PATH,
        510,
        (
            Button("edit", "登记与变更", "registry.institution.edit"),
            Button("merge", "合并与管理层级", "registry.institution.merge"),
            Button("department", "科室", "registry.department.edit"),
        ),
    ),
    MenuItem(
        "registry.staff",
        "职工",
        "/console/registry/staff",
        "registry.staff.read",
        _PATH,
        520,
        (
            Button("edit", "登记与变更", "registry.staff.edit"),
            Button("transfer", "调动", "registry.staff.transfer"),
            Button("account", "开通账号", "registry.staff.account"),
        ),
    ),
    MenuItem(
        "registry.resources",
        "卫生资源",
        "/console/registry/resources",
        "registry.resource.read",
        _PATH,
        530,
        (Button("edit", "登记与变更", "registry.resource.edit"),),
    ),
    MenuItem(
        "registry.standards",
        "标准与代码表",
        "/console/registry/standards",
        "registry.standard.read",
        _PATH,
        540,
        (
            Button("edit", "编辑", "registry.standard.edit"),
            Button("review", "审核发布", "registry.standard.review"),
        ),
    ),
    MenuItem(
        "registry.mappings",
        "代码对照",
        "/console/registry/mappings",
        "registry.mapping.read",
        _PATH,
        550,
        (Button("edit", "确认对照", "registry.mapping.edit"),),
    ),
    MenuItem(
        "registry.registrations",
        "注册审核",
        "/console/registry/registrations",
        "registry.submission.read",
        _PATH,
        560,
        (
            Button("review", "审核", "registry.submission.review"),
            Button("submit", "提交", "registry.submission.submit"),
        ),
    ),
)


def install(platform: Platform) -> None:
    """Serve the pages and offer their menus."""
    for module in (
        divisions,
        institutions,
        departments,
        staff,
        standards,
        value_sets,
        sources,
        mappings,
        resources,
        registrations,
    ):
        platform.blueprint(module.blp)
    for item in MENUS:
        platform.menu(item)
