"""Delegated access, for other packages."""

from health_platform.launch.oauth.apps import NewApp, Subject, apps_of, find_app, register_app
from health_platform.launch.oauth.definitions import KINDS, RESIDENT_PREFIX, RESIDENT_SCOPES
from health_platform.launch.oauth.models import DelegatedApp, DelegatedToken
from health_platform.launch.oauth.schemas import AppIn
from health_platform.launch.oauth.server import begin, server_of
from health_platform.launch.oauth.tokens import end_tokens, given_by

__all__ = [
    "KINDS",
    "RESIDENT_PREFIX",
    "RESIDENT_SCOPES",
    "AppIn",
    "DelegatedApp",
    "DelegatedToken",
    "NewApp",
    "Subject",
    "apps_of",
    "begin",
    "end_tokens",
    "find_app",
    "given_by",
    "register_app",
    "server_of",
]
