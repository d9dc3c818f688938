"""``docs/reference/api.md``: every endpoint with its permission and scope; ``docs/reference/permissions.md``: every key."""

from __future__ import annotations

from collections import defaultdict

from health_platform.kernel.platform import Platform


def api_page(platform: Platform) -> str:
    """The list of endpoints. Bodies and answers are in ``/openapi.json`` of a running platform."""
    groups: dict[str, list[str]] = defaultdict(list)
    for rule, spec in platform.endpoints:
        groups[spec.name.split(".")[0]].append(
            f"| `{spec.method}` | `{rule.rule}` | {spec.label} | `{spec.permission}` | {spec.scope} | {spec.audit or ''} |"
        )
    lines = ["# Endpoints", "", "Generated; do not edit. Schemas: `/openapi.json` of a running platform.", ""]
    for group in sorted(groups):
        lines += [
            f"## {group}",
            "",
            "| | Path | | Permission | Scope | Audit |",
            "|---|---|---|---|---|---|",
            *sorted(groups[group]),
            "",
        ]
    return "\n".join(lines)


def permission_page(platform: Platform) -> str:
    """Every permission key with the functions behind it."""
    labels: dict[str, set[str]] = defaultdict(set)
    for _, spec in platform.endpoints:
        labels[spec.permission].add(spec.label)
    lines = ["# Permissions", "", "Generated; do not edit.", "", "| Key | Functions |", "|---|---|"]
    lines += [f"| `{key}` | {'、'.join(sorted(labels[key]))} |" for key in sorted(labels)]
    return "\n".join([*lines, ""])
