"""The first page after login: what the caller may do, grouped as in the menu."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect

from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Platform

blp = Blueprint("pages_home", __name__, description="首页")


@endpoint(blp, "GET", "/", permission="public", label="入口", scope="public", raw=True)
def entrance(call: Call) -> Any:
    """Sends people to the console, which asks for a login when nobody is signed in."""
    answer: Response = redirect("/console")  # type: ignore[assignment]
    return answer


@endpoint(blp, "GET", "/console", permission="session", label="首页", template="home/home.html", scope="self")
def home(call: Call) -> Any:
    """The entries of the menu as tiles; the base page already computed them. Residents have pages of their own."""
    return redirect("/my") if call.principal.kind == "resident" else {}


def install(platform: Platform) -> None:
    platform.blueprint(blp)
