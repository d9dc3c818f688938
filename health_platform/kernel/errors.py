"""One error hierarchy. Raise where the fault is known, catch at the edge (``kernel.http``, the worker, the command line).

A code is ``area.what`` and is stable: clients, tests and documentation name it. The text people read is Chinese and lives
in the message catalogue, which every feature extends with ``register_messages`` beside its definitions.
"""

from __future__ import annotations

from typing import Any

_MESSAGES: dict[str, str] = {
    "request.invalid": "请求内容不符合要求",
    "request.json": "请求体不是有效的 JSON",
    "request.too_large": "请求体超过允许大小",
    "request.csrf": "页面已过期,请刷新后重试",
    "request.not_found": "未找到",
    "request.method": "不支持的请求方法",
    "request.denied": "没有执行此操作的权限",
    "request.unauthenticated": "请先登录",
    "request.conflict": "与现有数据冲突",
    "database.constraint": "与现有数据冲突",
    "database.unavailable": "数据库暂不可用,请稍后重试",
    "platform.not_installed": "本部署未安装所需组件({part}),不能使用此功能",
    "internal.error": "系统内部错误,请联系平台运维并提供请求编号",
    "settings.unknown": "未知的配置项",
    "settings.value": "配置项取值无效",
}


def register_messages(messages: dict[str, str]) -> None:
    """Add Chinese texts for error codes. A code may be registered once with one text."""
    for code, text in messages.items():
        if _MESSAGES.setdefault(code, text) != text:
            raise ValueError(f"error code {code} already has another message")


class PlatformError(Exception):
    """Something a caller can be told: a stable code, an HTTP status, and facts that name the field, value and rule."""

    status = 422
    kept = False  # the edge commits what was done before the refusal (a counted failed login)
    recorded = False  # the refusal already stands in the audit log

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    @property
    def message(self) -> str:
        """Chinese text for people; ``{name}`` in the catalogue text is filled from the facts."""
        text = _MESSAGES.get(self.code, self.code)
        try:
            return text.format(**self.facts)
        except (KeyError, IndexError):
            return text

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value!r}" for key, value in self.facts.items())
        return f"{self.code}({details})"


class Invalid(PlatformError):
    """The input breaks a rule."""


class Unauthenticated(PlatformError):
    """Nobody, or nobody any more, stands behind the request."""

    status = 401


class Denied(PlatformError):
    """The caller is known and may not call this function."""

    status = 403


class NotFound(PlatformError):
    """The thing does not exist, or lies out of the caller's scope: the two must not be told apart."""

    status = 404


class Conflict(PlatformError):
    """The state of the data forbids the act."""

    status = 409


class Gone(PlatformError):
    """The thing was there once and can no longer be used (a redeemed ticket)."""

    status = 410


class TooLarge(PlatformError):
    """The input exceeds a size limit."""

    status = 413


class TooMany(PlatformError):
    """The caller exceeds a rate limit."""

    status = 429


class Upstream(PlatformError):
    """Another system answered wrongly."""

    status = 502


class Unavailable(PlatformError):
    """A part of the platform is away; try again."""

    status = 503


class DefinitionError(ValueError):
    """A definition in the code contradicts itself. Raised at start-up, never during a request."""


class NotInstalled(PlatformError, DefinitionError):
    """This deployment was set up without the component that offers ``part``.

    During a request a refusal like that of any other function the deployment does not have; at start-up a definition that
    contradicts itself. No ``NotFound``: nobody who looks for a thing may take it for the absence of that thing.
    """

    status = 404

    def __init__(self, part: str) -> None:
        super().__init__("platform.not_installed", part=part)
