"""The public door of access control."""

from health_platform.access.accounts.models import User
from health_platform.access.accounts.opening import open_for, reachable_unit, reachable_units
from health_platform.access.accounts.service import UserSearch, find_users, get_user
from health_platform.access.authority.break_glass import (
    REASONS,
    BreakGlassOpened,
    Emergency,
    break_glass_list,
    open_break_glass,
)
from health_platform.access.authority.consent import (
    DocumentAccess,
    Rule,
    consents_of,
    document_access,
    end_consent,
    set_consent,
)
from health_platform.access.authority.definitions.roles import ROLES
from health_platform.access.authority.evaluate import Cell
from health_platform.access.authority.grants import NewGrant, grant, revoke
from health_platform.access.authority.masking import Mask, mask_of
from health_platform.access.authority.relations import NewRelation, relate, related_persons, unrelate
from health_platform.access.clients.models import Client
from health_platform.access.clients.service import NewClient, create_client
from health_platform.access.menus.service import MenuBoard, ShownButton, ShownMenu
from health_platform.access.policy import AccessPolicy, access_policy, change_policy
from health_platform.access.provision import NewAccount, cell_of, grant_by_platform, open_account
from health_platform.access.setup import FirstAccount, ensure_first_administrators, install_definitions
from health_platform.access.signin.login import GuessingAlarm
from health_platform.access.signin.sessions import Opening, SessionEnded, end_sessions_of, open_session
from health_platform.access.units import NoUnits, Unit, UnitDirectory, directory_of

__all__ = [
    "REASONS", "ROLES", "AccessPolicy", "BreakGlassOpened", "Cell", "Client", "DocumentAccess", "Emergency",
    "FirstAccount", "GuessingAlarm", "Mask", "MenuBoard", "NewAccount", "NewClient", "NewGrant", "NewRelation",
    "NoUnits", "Opening", "Rule", "SessionEnded", "ShownButton", "ShownMenu", "Unit", "UnitDirectory", "User",
    "UserSearch", "access_policy", "break_glass_list", "cell_of", "change_policy", "consents_of", "create_client",
    "directory_of", "document_access", "end_consent", "end_sessions_of", "ensure_first_administrators", "find_users",
    "get_user", "grant", "grant_by_platform", "install_definitions", "mask_of", "open_account", "open_break_glass",
    "open_for", "open_session", "reachable_unit", "reachable_units", "relate", "related_persons", "revoke",
    "set_consent", "unrelate",
]
