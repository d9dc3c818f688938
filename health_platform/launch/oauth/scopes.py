"""What scopes allow. Pure: from scope words and a request line to yes or no."""

from __future__ import annotations

from collections.abc import Iterable

from health_platform.launch.oauth.definitions import FHIR_BASE, RESIDENT_SCOPES, SMART_FIXED, SMART_SCOPE


def known(kind: str, scope: str) -> bool:
    """Whether an app of this kind can be registered for a scope."""
    if kind == "resident":
        return scope in RESIDENT_SCOPES
    return scope in SMART_FIXED or SMART_SCOPE.fullmatch(scope) is not None


def granted(asked: str, registered: Iterable[str]) -> str:
    """The asked scopes that lie within the registered ones, in the order asked."""
    allowed = set(registered)
    return " ".join(one for one in dict.fromkeys(asked.split()) if one in allowed or _within(one, allowed))


def _within(asked: str, registered: Iterable[str]) -> bool:
    """``patient/Observation.rs`` lies within ``patient/*.rs``."""
    wanted = _parts(asked)
    if wanted is None:
        return False
    return any(own is not None and own[0] in ("*", wanted[0]) and wanted[1] <= own[1] for own in map(_parts, registered))


def allows_fhir(scope: str, method: str, path: str, arguments: Iterable[str]) -> bool:
    """Whether the scopes of a SMART token cover a request below the FHIR base: reading and searching, kind by kind.

    Includes bring other kinds along, and ``$everything`` all of them: both need every kind.
    """
    if not path.startswith(f"{FHIR_BASE}/"):
        return False
    kind, _, rest = path[len(FHIR_BASE) + 1 :].strip("/").partition("/")
    searching = (method == "GET" and not rest) or (method == "POST" and rest == "_search")
    reading = method == "GET" and bool(rest)
    if not searching and not reading:
        return False
    wide = "$" in rest or any(name.startswith(("_include", "_revinclude", "_has")) for name in arguments)
    wanted = frozenset("s") if searching else frozenset("r")
    return any(
        own is not None and own[0] in (("*",) if wide else ("*", kind)) and wanted <= own[1] for own in map(_parts, scope.split())
    )


def allows_resident(scope: str, method: str, path: str) -> bool:
    """Whether a resident's app may read an address of the resident API."""
    name = path.removeprefix("/api/v1/resident/record/").split("/")[0]
    return method == "GET" and path.startswith("/api/v1/resident/record/") and f"record.{name}" in scope.split()


def _parts(scope: str) -> tuple[str, frozenset[str]] | None:
    found = SMART_SCOPE.fullmatch(scope)
    return (found[1], frozenset("rs" if found[2] == "read" else found[2])) if found else None
