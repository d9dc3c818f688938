"""The predefined roles: least privilege for the posts every region has.

Permissions are patterns over the catalogue (``registry.*``); they are spelled out when the roles are written to the database,
so that what a role allows can be read there. A leading ``-`` takes away what an earlier pattern gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reach = Literal["division", "unit", "unit_and_below"]


@dataclass(frozen=True)
class RoleDefinition:
    """One predefined role.

    ``delegates`` are the roles its holder may give to others without holding them himself. ``reach`` is how far a grant of
    the role extends from the holder's unit. ``post`` marks the three administrators who exclude each other.
    """

    code: str
    name: str
    permissions: tuple[str, ...]
    level: str | None = None
    line: str | None = None
    reach: Reach = "unit"
    delegates: tuple[str, ...] = ()
    post: Literal["system", "security", "audit"] | None = None
    note: str = ""


_STAFF_ROLES = (
    "physician",
    "nurse",
    "public_health_doctor",
    "village_doctor",
    "quality_officer",
    "data_steward",
    "unit_system",
)
_READ_PERSON = ("field.person.id_no", "field.person.phone", "field.person.address", "field.person.name")
_LOOK_UP = ("registry.standard.read", "registry.institution.read", "registry.division.read")
_CARE = (
    "record.*",
    "records.view",
    "records.print",
    "access.break_glass.open",
    "empi.person.read",
    "empi.person.search",
    *_LOOK_UP,
)
_FILES = ("records.file.read", "records.file.open", "records.file.change", "records.correction.ask")
_PUBLIC_HEALTH = ("program.*", "register.*", "form.*", "schedule.*", "resident.objection.answer", "resident.news.*")

ROLES: tuple[RoleDefinition, ...] = (
    RoleDefinition(
        "system_administrator",
        "系统管理员",
        ("operations.*", "access.menu.*", "access.session.*"),
        reach="division",
        post="system",
        note="运行参数、任务、缓存、菜单；不接触业务数据与授权",
    ),
    RoleDefinition(
        "security_administrator",
        "安全管理员",
        ("access.*", "-access.break_glass.*", "-access.consent.*", "-access.menu.*"),
        reach="division",
        post="security",
        note="账号、角色、授权、安全参数；不接触业务数据",
    ),
    RoleDefinition(
        "audit_administrator",
        "审计管理员",
        ("audit.*", "access.break_glass.read", "access.user.read"),
        reach="division",
        post="audit",
        note="只读全部审计日志",
    ),
    RoleDefinition(
        "commission_administrator",
        "卫健委管理员",
        (
            "access.user.*",
            "access.grant.*",
            "access.role.read",
            "access.special.*",
            "access.break_glass.review",
            "access.break_glass.read",
            "access.session.*",
            "access.client.*",
            "launch.*",
            "registry.*",
            "catalogue.*",
            "quality.*",
            "prompts.*",
            "-prompts.check",
            "-prompts.cds",
            "etl.*.read",
            "empi.quality.read",
            "records.file.read",
            "resident.news.*",
        ),
        line="administration",
        reach="division",
        delegates=("unit_administrator", *_STAFF_ROLES),
        note="为管辖范围内的医疗卫生机构开设管理员账号",
    ),
    RoleDefinition(
        "unit_administrator",
        "单位管理员",
        (
            "access.user.*",
            "access.grant.*",
            "access.role.read",
            "access.session.*",
            "access.special.request",
            "access.special.read",
            "launch.client.list",
            "registry.*.read",
            "registry.staff.*",
            "registry.department.edit",
            "registry.resource.edit",
            "registry.submission.submit",
            "prompts.read",
            "prompts.switch",
            "etl.*.read",
            "quality.*.read",
        ),
        reach="unit_and_below",
        delegates=_STAFF_ROLES,
        note="为本单位及所属村卫生室职工开设账号并授权",
    ),
    RoleDefinition(
        "physician",
        "医师",
        (
            *_CARE,
            *_READ_PERSON,
            "records.reveal",
            "records.file.read",
            "records.correction.ask",
            "referral.*",
        ),
        line="medical",
        note="经诊疗关系调阅本院及全市居民健康档案",
    ),
    RoleDefinition("nurse", "护士", (*_CARE, "field.person.name"), line="medical"),
    RoleDefinition(
        "public_health_doctor",
        "公共卫生医师",
        (*_CARE, *_READ_PERSON, *_FILES, "records.file.seal", "records.reveal", *_PUBLIC_HEALTH),
        reach="unit_and_below",
    ),
    RoleDefinition(
        "village_doctor",
        "乡村医生",
        (*_CARE, *_READ_PERSON, *_FILES, "register.*", "form.*", "schedule.*"),
        level="village",
    ),
    RoleDefinition(
        "quality_officer",
        "数据质量专员",
        (
            "quality.*",
            "prompts.read",
            "etl.*",
            "dataset.*",
            "catalogue.read",
            "registry.*.read",
            "registry.mapping.edit",
            "records.correction.answer",
        ),
        reach="unit_and_below",
    ),
    RoleDefinition(
        "data_steward",
        "数据与主索引管理员",
        (
            "empi.*",
            "etl.*",
            "dataset.*",
            "catalogue.*",
            "registry.*.read",
            "registry.mapping.edit",
            "quality.*.read",
            "resident.objection.answer",
            "resident.news.*",
            "records.file.*",
            "records.correction.*",
            *_READ_PERSON,
        ),
        reach="division",
    ),
    RoleDefinition("auditor", "审计员", ("audit.*",), reach="division", note="管辖范围内的审计日志"),
    RoleDefinition(
        "unit_system",
        "机构业务系统",
        ("exchange.*", "fhir.*", "prompts.check", "prompts.cds", "etl.batch.read"),
        note="授予接口客户端，不授予个人",
    ),
    RoleDefinition("resident", "居民", ("resident.self", "access.consent.own"), note="本人健康档案"),
)

BY_CODE = {role.code: role for role in ROLES}
FIRST_ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")

# Permissions by which a role becomes one of the exclusive posts, whatever it is called.
GUARDED: dict[str, tuple[str, ...]] = {
    "system": ("operations.*.edit", "operations.outbox.replay", "access.menu.edit"),
    "security": ("access.role.edit", "access.policy.edit"),
    "audit": ("audit.*",),
}

# Fields that are masked unless the permission is held; datasets refer to them by their last word.
FIELDS = (
    ("field.person.name", "居民姓名"),
    ("field.person.id_no", "居民身份证号"),
    ("field.person.phone", "居民电话"),
    ("field.person.address", "居民住址"),
)
