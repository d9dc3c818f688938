"""Callers made for a test: a header names a principal that the test put on the shelf."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask, Request
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope

HEADER = "X-Test-Principal"


class PrincipalShelf:
    """Recognises callers by a test header; installed by the ``platform`` fixture only."""

    def __init__(self) -> None:
        self._known: dict[str, Principal] = {}

    def __call__(self, session: Session, request: Request) -> Principal | None:
        return self._known.get(request.headers.get(HEADER, ""))

    def put(self, principal: Principal) -> dict[str, str]:
        """Remember a principal and return the header that names it."""
        key = str(new_id())
        self._known[key] = principal
        return {HEADER: key}


class EveryPermission(frozenset[str]):
    """A permission set that holds every key."""

    def __contains__(self, item: object) -> bool:
        return True


def principal(**changes: Any) -> Principal:
    """A city administrator who may do everything; ``changes`` narrow it.

    ``division`` sets division code, scope and jurisdiction in one word: ``principal(division="411502")``.
    """
    division = changes.pop("division", None)
    made = Principal(
        new_id(),
        "user",
        "测试用户",
        institution_id=1,
        institution_name="测试机构",
        division_code="411500000000",
        permissions=EveryPermission(),
        scope=Scope(divisions=("4115",)),
        methods=frozenset({"password"}),
    )
    if division is not None:
        made = replace(made, division_code=division.ljust(12, "0"), scope=Scope(divisions=(division,)))
    if "permissions" in changes:
        changes["permissions"] = frozenset(changes["permissions"])
    return replace(made, **changes)


class CallerClient(FlaskClient):
    """A test client that sends the header of its principal with every request."""

    caller_headers: dict[str, str]

    def open(self, *args: Any, **kwargs: Any) -> Any:
        headers = dict(kwargs.pop("headers", None) or {})
        return super().open(*args, headers={**self.caller_headers, **headers}, **kwargs)


def client_for(app: Flask, platform: Platform, shelf: PrincipalShelf, who: Principal | None) -> CallerClient:
    """A client of the application that acts as ``who`` (nobody when ``None``)."""
    app.test_client_class = CallerClient
    client = app.test_client(use_cookies=True)
    client.caller_headers = shelf.put(who) if who else {}  # type: ignore[attr-defined]
    return client  # type: ignore[return-value]
