"""A caller at work: what the engine's verbs need besides their own arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from health_platform.access.api import Unit, UnitDirectory, directory_of
from health_platform.engine.catalogue import Catalogue
from health_platform.engine.definitions.application import Application
from health_platform.engine.models import Enrolment
from health_platform.engine.ports import Areas, CodeNames, NoAreas, NoCodes, PersonDirectory, SignatureAuthority
from health_platform.kernel.http import Call
from health_platform.kernel.parameters import EVERYWHERE, ParameterValue
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, Principal
from health_platform.records.api import InstitutionDirectory


@dataclass(frozen=True)
class Desk:
    """One caller with a session."""

    session: Session
    principal: Principal
    platform: Platform

    @cached_property
    def catalogue(self) -> Catalogue:
        """The applications of the platform."""
        found: Catalogue = self.platform.service(Catalogue)
        return found

    @property
    def persons(self) -> PersonDirectory:
        """The person index."""
        found: PersonDirectory = self.platform.service(PersonDirectory)
        return found

    @property
    def areas(self) -> Areas:
        """Divisions of a year."""
        found: Areas = self.platform.service(Areas, NoAreas())
        return found

    @property
    def codes(self) -> CodeNames:
        """Names of codes."""
        found: CodeNames = self.platform.service(CodeNames, NoCodes())
        return found

    @property
    def authority(self) -> SignatureAuthority | None:
        """The third party that certifies signatures, if one is connected."""
        found: SignatureAuthority | None = self.platform.services.get(SignatureAuthority.__qualname__)
        return found

    @property
    def units(self) -> UnitDirectory:
        """The institutions."""
        return directory_of(self.platform)

    def belongs_to(self, institution_id: int | None) -> bool:
        """Whether the caller works for this institution; what no institution manages is nobody's own."""
        who = self.principal
        return institution_id is not None and (
            institution_id == who.institution_id or institution_id in (who.scope.institutions or ())
        )

    def institution_names(self, ids: Sequence[int]) -> dict[int, str]:
        """Institution id to name."""
        directory: InstitutionDirectory | None = self.platform.services.get(InstitutionDirectory.__qualname__)
        return directory.names(self.session, list(ids)) if directory else {}

    def things(self, ids: Sequence[int]) -> dict[int, str]:
        """Names of entries of registers of things."""
        rows = self.session.execute(select(Enrolment.id, Enrolment.title).where(Enrolment.id.in_(list(ids))))
        return {key: title or "" for key, title in rows} if ids else {}

    def choices(self, register: str) -> list[tuple[int, str]]:
        """Active entries of a register of things the caller may see, by name."""
        active = (Enrolment.register == register, Enrolment.state == "active")
        rows = self.session.execute(select(Enrolment.id, Enrolment.title).where(*active).limit(500))
        return sorted(((key, title or "") for key, title in rows), key=lambda one: one[1])

    def unit(self, unit_id: int) -> Unit | None:
        """An institution that is in service."""
        return self.units.unit(self.session, unit_id)

    def parameters(self, application: Application, division: str) -> dict[str, Decimal]:
        """The parameters in force in a division: the longest matching prefix wins."""
        keys = {parameter_key(application, param.code): param for param in application.params}
        found = {param.code: Decimal(str(param.default)) for param in application.params}
        if not keys:
            return found
        rows = self.session.scalars(select(ParameterValue).where(ParameterValue.key.in_(keys)))
        fitting = [row for row in rows if row.division_code == EVERYWHERE or division.startswith(row.division_code)]
        for row in sorted(fitting, key=lambda one: 0 if one.division_code == EVERYWHERE else len(one.division_code)):
            found[keys[row.key].code] = Decimal(str(row.value))
        return found


def parameter_key(application: Application, code: str) -> str:
    """The name of an application's parameter among those of the platform."""
    return f"{application.code}.{code}"


def desk_of(call: Call) -> Desk:
    """The desk of a request."""
    return Desk(call.session, call.principal, call.platform)


def system_desk(session: Session, platform: Platform) -> Desk:
    """The desk of the platform's own work (consumers, jobs)."""
    return Desk(session, SYSTEM, platform)
