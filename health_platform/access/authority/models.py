"""Tables of rights: the grid, roles, grants, special authorisations, break-glass, relations, consent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from health_platform.kernel.db import Base, DivisionScoped, Instant, Json, PersonScoped, PrimaryKey, Text_, Unscoped


class Level(Unscoped, Base):
    """A row of the role grid: province, city, county, township, village. ``position`` follows the division levels."""

    __tablename__ = "access_level"

    code: Mapped[str] = mapped_column(Text_(16), primary_key=True)
    label: Mapped[str] = mapped_column(Text_(20))
    position: Mapped[int] = mapped_column(unique=True)


class Line(Unscoped, Base):
    """A column of the role grid: administration, disease control, maternal and child health ...

    ``covers_all`` lines see the rows of every line.
    """

    __tablename__ = "access_line"

    code: Mapped[str] = mapped_column(Text_(16), primary_key=True)
    label: Mapped[str] = mapped_column(Text_(20))
    position: Mapped[int]
    covers_all: Mapped[bool] = mapped_column(default=False)


class PermissionKey(Unscoped, Base):
    """Something that can be allowed. Kinds: function, menu, element, data, field."""

    __tablename__ = "access_permission"

    key: Mapped[str] = mapped_column(Text_(96), primary_key=True)
    kind: Mapped[str] = mapped_column(Text_(8))
    label: Mapped[str] = mapped_column(Text_(80))


class Role(Unscoped, Base):
    """A set of permissions in one cell of the grid; no level or line means any."""

    __tablename__ = "access_role"

    id: Mapped[PrimaryKey]
    code: Mapped[str] = mapped_column(Text_(40), unique=True)
    name: Mapped[str] = mapped_column(Text_(40))
    level_code: Mapped[str | None] = mapped_column(ForeignKey("access_level.code"))
    line_code: Mapped[str | None] = mapped_column(ForeignKey("access_line.code"))
    predefined: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None] = mapped_column(Text_(200))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class RolePermission(Unscoped, Base):
    """One permission of a role."""

    __tablename__ = "access_role_perm"

    role_id: Mapped[int] = mapped_column(ForeignKey("access_role.id"), primary_key=True)
    permission: Mapped[str] = mapped_column(Text_(96), primary_key=True)


class Incumbent(Unscoped, Base):
    """Which one of the mutually exclusive administrator posts a person holds; the key admits only one per person."""

    __tablename__ = "access_incumbent"
    __table_args__ = (
        UniqueConstraint("user_id", "post"),
        CheckConstraint("post IN ('system', 'security', 'audit')", name="ck_access_incumbent"),
    )

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    post: Mapped[str] = mapped_column(Text_(8))


class Grant(DivisionScoped, Base):
    """A role or one permission given to an account within a division, line and unit.

    ``may_use`` and ``may_grant`` are separate: an administrator can hand out what he cannot do himself. ``depth`` is the
    number of times it may be passed on. ``mac`` makes a change that bypasses the platform visible. ``post`` is set on
    live grants of the exclusive posts; the foreign key makes the database refuse a second post of the same person.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        CheckConstraint("grantee_id <> granted_by", name="ck_access_grant_self"),
        CheckConstraint(
            "(role_id IS NULL AND permission IS NOT NULL) OR (role_id IS NOT NULL AND permission IS NULL)",
            name="ck_access_grant_what",
        ),
        ForeignKeyConstraint(
            ["grantee_id", "post"], ["access_incumbent.user_id", "access_incumbent.post"], name="fk_access_grant_post"
        ),
        Index("ix_access_grant_grantee", "grantee_id", "revoked_at"),
    )

    id: Mapped[PrimaryKey]
    grantee_id: Mapped[int]
    role_id: Mapped[int | None] = mapped_column(ForeignKey("access_role.id"))
    permission: Mapped[str | None] = mapped_column(Text_(96))
    prefix: Mapped[str] = mapped_column(Text_(12))
    institution_id: Mapped[int | None]
    below: Mapped[bool] = mapped_column(default=False)
    classes: Mapped[list[str] | None] = mapped_column(Json)
    may_use: Mapped[bool]
    may_grant: Mapped[bool]
    depth: Mapped[int]
    valid_from: Mapped[datetime] = mapped_column(Instant)
    valid_to: Mapped[datetime | None] = mapped_column(Instant)
    granted_by: Mapped[int]
    granted_at: Mapped[datetime] = mapped_column(Instant)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("access_grant.id"), index=True)
    reason: Mapped[str | None] = mapped_column(Text_(200))
    post: Mapped[str | None] = mapped_column(Text_(8))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None]
    mac: Mapped[str | None] = mapped_column(Text_(80))


class SpecialGrant(DivisionScoped, Base):
    """A special authorisation (特殊授权): rows beyond the role, for a purpose, until a day, approved by another person.

    It names a person, or a cell of division prefix, line and document class (what is empty stays as the role has it).
    """

    __tablename__ = "access_special"
    __table_args__ = (
        CheckConstraint("approver_id IS NULL OR approver_id <> requested_by", name="ck_access_special_two"),
        CheckConstraint("approver_id IS NULL OR approver_id <> grantee_id", name="ck_access_special_own"),
        Index("ix_access_special_grantee", "grantee_id", "state"),
    )

    id: Mapped[PrimaryKey]
    grantee_id: Mapped[int]
    subject_id: Mapped[int | None]
    prefix: Mapped[str | None] = mapped_column(Text_(12))
    extra_line: Mapped[str | None] = mapped_column(Text_(16))
    extra_class: Mapped[str | None] = mapped_column(Text_(40))
    purpose: Mapped[str] = mapped_column(Text_(200))
    requested_by: Mapped[int]
    requested_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text_(10), default="requested")
    approver_id: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    valid_to: Mapped[datetime] = mapped_column(Instant)
    mac: Mapped[str | None] = mapped_column(Text_(80))


class Relation(PersonScoped, Base):
    """Why an actor may see a person wherever the person lives: launch ticket, encounter, referral, contract ..."""

    __tablename__ = "access_relation"
    __table_args__ = (Index("ix_access_relation_actor", "actor_id", "expires_at"),)

    id: Mapped[PrimaryKey]
    actor_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Text_(16))
    source: Mapped[str] = mapped_column(Text_(64))
    purpose: Mapped[str | None] = mapped_column(Text_(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class BreakGlass(PersonScoped, Base):
    """One emergency access to one person, and its review."""

    __tablename__ = "access_break_glass"
    __table_args__ = (
        CheckConstraint("reviewer_id IS NULL OR reviewer_id <> actor_id", name="ck_access_bg_review"),
        Index("ix_access_bg_actor", "actor_id", "expires_at"),
        Index("ix_access_bg_unit", "institution_id", "review_due"),
    )

    id: Mapped[PrimaryKey]
    actor_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(Text_(40))
    institution_id: Mapped[int | None]
    reason_code: Mapped[str] = mapped_column(Text_(16))
    reason: Mapped[str] = mapped_column(Text_(400))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    review_due: Mapped[datetime] = mapped_column(Instant)
    reviewer_id: Mapped[int | None]
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    verdict: Mapped[str | None] = mapped_column(Text_(12))
    review_note: Mapped[str | None] = mapped_column(Text_(400))


class Consent(PersonScoped, Base):
    """A resident's rule: hide or allow the whole record, a document class or one document, for somebody or everybody."""

    __tablename__ = "access_consent"

    id: Mapped[PrimaryKey]
    document_class: Mapped[str | None] = mapped_column(Text_(40))
    document_id: Mapped[str | None] = mapped_column(Text_(64))
    target_kind: Mapped[str] = mapped_column(Text_(12))
    target: Mapped[str | None] = mapped_column(Text_(24))
    effect: Mapped[str] = mapped_column(Text_(8))
    set_by: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
