"""Security settings that change while the platform runs: data, with the bounds each may move in."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.access.authority.epochs import POLICY_EPOCH, advance
from health_platform.kernel.db import Base, Text_, Unscoped
from health_platform.kernel.errors import Invalid, register_messages

register_messages({"access.policy": "安全参数 {name} 应在 {low} 到 {high} 之间"})


class AccessSetting(Unscoped, Base):
    """A security setting that differs from its default."""

    __tablename__ = "access_setting"

    name: Mapped[str] = mapped_column(Text_(40), primary_key=True)
    value: Mapped[int]


@dataclass(frozen=True)
class Bound:
    """Label and allowed range of one setting."""

    label: str
    low: int
    high: int


@dataclass(frozen=True)
class AccessPolicy:
    """All security settings; defaults follow GB/T 22239-2019 level 3, 8.1.4.1."""

    idle_minutes: int = 15
    absolute_hours: int = 12
    sessions_per_user: int = 3
    password_length: int = 10
    password_classes: int = 3
    password_history: int = 5
    password_days: int = 90
    idle_days: int = 90
    login_failures: int = 5
    login_window_minutes: int = 15
    spray_failures: int = 20
    break_glass_minutes: int = 60
    review_hours: int = 72
    second_factor_for_admins: int = 1

    @property
    def idle(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def absolute(self) -> timedelta:
        return timedelta(hours=self.absolute_hours)

    @property
    def login_window(self) -> timedelta:
        return timedelta(minutes=self.login_window_minutes)


BOUNDS: dict[str, Bound] = {
    "idle_minutes": Bound("会话闲置上限(分钟)", 1, 60),
    "absolute_hours": Bound("会话最长时间(小时)", 1, 24),
    "sessions_per_user": Bound("每账号同时会话数", 1, 10),
    "password_length": Bound("口令最短长度", 10, 64),
    "password_classes": Bound("口令字符种类数", 3, 4),
    "password_history": Bound("不得重复最近口令个数", 1, 24),
    "password_days": Bound("口令有效期(天,0为不限)", 0, 365),
    "idle_days": Bound("闲置停用(天)", 7, 365),
    "login_failures": Bound("登录失败次数上限", 1, 5),
    "login_window_minutes": Bound("登录失败计数窗口(分钟)", 15, 120),
    "spray_failures": Bound("同一地址失败报警次数", 5, 1000),
    "break_glass_minutes": Bound("紧急调阅时长(分钟)", 5, 60),
    "review_hours": Bound("紧急调阅复核期限(小时)", 1, 72),
    "second_factor_for_admins": Bound("管理员必须使用动态口令(1是0否)", 0, 1),
}


def access_policy(session: Session) -> AccessPolicy:
    """The settings in force."""
    known = {field.name for field in fields(AccessPolicy)}
    stored = {row.name: row.value for row in session.scalars(select(AccessSetting)) if row.name in known}
    return replace(AccessPolicy(), **stored)


def change_policy(session: Session, changes: dict[str, int]) -> AccessPolicy:
    """Store changed settings.

    Raises:
        Invalid: a value lies outside its bounds, or the setting is unknown.
    """
    for name, value in changes.items():
        bound = BOUNDS.get(name)
        if bound is None or not bound.low <= value <= bound.high:
            low, high = (bound.low, bound.high) if bound else (0, 0)
            raise Invalid("access.policy", name=bound.label if bound else name, low=low, high=high)
        session.merge(AccessSetting(name=name, value=value))
    advance(session, POLICY_EPOCH)
    return access_policy(session)


class PolicyBoard:
    """The settings as this process knows them, read again when somebody changed them: every request of a browser asks."""

    def __init__(self) -> None:
        self._kept: tuple[int, AccessPolicy] | None = None

    def at(self, session: Session, epoch: int) -> AccessPolicy:
        """The settings of an epoch just read."""
        kept = self._kept
        if kept is None or kept[0] != epoch:
            self._kept = kept = epoch, access_policy(session)
        return kept[1]
