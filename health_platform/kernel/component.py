"""What the kernel itself offers: health, readiness, metrics, the API document, the worker and the database commands."""

from __future__ import annotations

from health_platform.kernel import audit_seal, cache_rules, commands, integrity, keeping, parameters, routes
from health_platform.kernel.platform import Capability, Platform


def install(platform: Platform) -> None:
    """Register the kernel with the platform."""
    routes.install(platform)
    commands.install(platform)
    audit_seal.install(platform)
    cache_rules.install(platform)
    parameters.install(platform)
    integrity.install(platform)
    keeping.install(platform)
    for capability in CAPABILITIES:
        platform.capability(capability)


CAPABILITIES = (
    Capability(("A02",), "deploy/county.env.example", "partial", "同一软件由配置成为县级平台，权限止于本县；未测百万居民规模"),
    Capability(("A15",), "health_platform/kernel/outbox.py", "working"),
    Capability(("A17",), "health_platform/kernel/cache.py", "working"),
    Capability(("A18",), "health_platform/kernel/parameters.py", "working"),
    Capability(("A22",), "health_platform/kernel/integrity.py", "working", "网页防篡改：签名清单、每分钟核对、自动恢复"),
    Capability(("A23", "B09"), "health_platform/kernel/audit.py", "working"),
)
