"""How many residents a team may take: counted while the team is held, so that two contracts at once cannot pass the limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from health_platform.engine.api import Desk, Enrolment
from health_platform.kernel.db import widened

CONTRACT = "family_contract"
APPLICATION = "family_doctor"


def full(desk: Desk, member: Enrolment, answers: Mapping[str, Any]) -> str:
    """Why the team cannot sign one more resident; "" when it can. The limit is the county's parameter ``team_limit``.

    A renewal takes the place of the contract it replaces, which must be closed before (a person stands in the register once).
    """
    parameters = desk.parameters(desk.catalogue.application(APPLICATION), member.division_code or "")
    limit = int(parameters["team_limit"])
    with widened(desk.session, "count the residents of a team"):
        team = desk.session.scalar(select(Enrolment).where(Enrolment.id == int(answers["doctors"])).with_for_update())
        if team is None or team.state != "active":
            return "所选团队不存在或已解散"
        signed = (Enrolment.register == CONTRACT, Enrolment.state == "active", Enrolment.id != member.id)
        mine = (Enrolment.team == (team.title or ""), Enrolment.institution_id == member.institution_id)
        count = desk.session.scalar(select(func.count()).select_from(Enrolment).where(*signed, *mine)) or 0
    return f"团队“{team.title}”已签约 {count} 人，达到上限 {limit} 人" if count >= limit else ""
