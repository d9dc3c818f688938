"""Whatever a function asks for, some predefined post holds: nothing is built that nobody may use."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from health_platform.access.api import ROLES

pytestmark = pytest.mark.system("A21", "B03")


def _holds(patterns: tuple[str, ...], permission: str) -> bool:
    """The last pattern that fits decides; a leading minus takes away."""
    fitting = [pattern for pattern in patterns if fnmatchcase(permission, pattern.lstrip("-"))]
    return bool(fitting) and not fitting[-1].startswith("-")


def test_every_permission_is_held_by_a_predefined_role(app: Any) -> None:
    platform = app.extensions["platform"]
    asked = {spec.permission for _, spec in platform.endpoints} - {"public", "session"}
    assert len(asked) > 50
    given = [(*role.permissions, *platform.role_patterns.get(role.code, ())) for role in ROLES]
    assert [key for key in sorted(asked) if not any(_holds(patterns, key) for patterns in given)] == []


def test_administrators_of_the_system_touch_no_health_data() -> None:
    kept = {role.code: role.permissions for role in ROLES if role.post}
    assert len(kept) == 3
    assert not any(_holds(patterns, "records.view") for patterns in kept.values())
