"""Who sends: always the institution behind the caller's credentials, never what the message claims."""

from __future__ import annotations

from etl.api import Sender
from exchange.callers.limits import CallerLimits
from health_platform.kernel.errors import Denied, register_messages
from health_platform.kernel.http import Call

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
