"""Declaring many endpoints of one shape: every definition gets its own, with its own permission and schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from health_platform.kernel.http import Blueprint, View, endpoint


def declare(blueprint: Blueprint, name: str, method: str, rule: str, **facts: Any) -> Callable[[View], View]:
    """``endpoint`` under a given name, for functions made in a loop; see ``kernel.http.endpoint`` for ``facts``."""

    def register(function: View) -> View:
        function.__name__ = name
        return endpoint(blueprint, method, rule, **facts)(function)

    return register
