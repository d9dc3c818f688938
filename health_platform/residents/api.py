"""The resident portal, for other packages."""

from health_platform.residents.definitions import HIDEABLE, OBJECTION_STATES, PROXY_STATES, RELATIONS
from health_platform.residents.family import members, own_person, requests_about
from health_platform.residents.models import AccessObjection, FamilyProxy
from health_platform.residents.ports import IdentityVerifier, PersonRegister, RealPerson
from health_platform.residents.privacy import hidden_kinds, objections, release, released, views_of

__all__ = [
    "HIDEABLE", "OBJECTION_STATES", "PROXY_STATES", "RELATIONS", "AccessObjection", "FamilyProxy", "IdentityVerifier",
    "PersonRegister", "RealPerson", "hidden_kinds", "members", "objections", "own_person", "release", "released",
    "requests_about", "views_of",
]
