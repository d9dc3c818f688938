"""Registers the shared documents."""

from __future__ import annotations

from exchange.cda.routes import blp
from health_platform.kernel.platform import Capability, Platform


def install(platform: Platform) -> None:
    """Register the routes with the platform."""
    platform.blueprint(blp)
    note = "共享文档解析入库（诊断、过敏、就诊，原文保留），档案按 WS/T 500.1 输出病历概要；其余文档类型按原文保存"
    platform.capability(Capability(("A06", "A07"), "exchange/cda", "working", note))
