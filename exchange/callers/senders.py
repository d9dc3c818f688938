"""Who sends: always the institution behind the caller's credentials, never what the message claims."""

from __future__ import annotations

from functools import wraps
from typing import Any

from etl.api import Sender
from exchange.callers.limits import CallerLimits
from health_platform.kernel.errors import Denied, register_messages
from health_platform.kernel.http import Call, View

register_messages({"exchange.no_institution": "调用方未绑定机构，不能上传数据"})


def sender_of(call: Call) -> Sender:
    """The institution the caller uploads for; counts the request against its limit.

    Raises:
        Denied: the caller stands for no institution. TooMany: it sends faster than it may.
    """
    if call.principal.institution_id is None:
        raise Denied("exchange.no_institution")
    sender = Sender(call.principal.institution_id, call.principal.division_code)
    call.platform.service(CallerLimits).count(call, sender)
    return sender


def counted(view: View) -> View:
    """A view whose requests count against the limit of the institution whose client asks; persons are not counted."""

    @wraps(view)
    def counting(call: Call, **arguments: Any) -> Any:
        who = call.principal
        if who.kind == "client" and who.institution_id is not None:
            call.platform.service(CallerLimits).count(call, Sender(who.institution_id, who.division_code))
        return view(call, **arguments)

    return counting
