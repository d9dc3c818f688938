"""The page a workstation frames. It holds nothing: the ticket is in the fragment, the record comes after redemption."""

from __future__ import annotations

from typing import Any

from flask import g

from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import Platform
from health_platform.launch.api import active_client, find_client

blp = Blueprint("pages_launch", __name__, description="工作站内嵌页面")


@endpoint(blp, "GET", "/embed/<client_key>", permission="public", label="内嵌健康档案", template="launch/embed.html",
          scope="system")  # fmt: skip
def embed(call: Call, client_key: str) -> dict[str, Any]:
    """Only the pages of this one institution may frame it, so one hospital cannot frame another's."""
    client = active_client(find_client(call.session, client_key))
    g.frame_ancestors = tuple(client.origins)
    return {"client": client}


def install(platform: Platform) -> None:
    platform.blueprint(blp)
