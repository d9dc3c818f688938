"""The CapabilityStatement, made from the declarations the service works by."""

from functools import cache
from typing import Final

from exchange.fhir.checking import Resource
from exchange.fhir.definitions.catalogue import mapped_kinds
from exchange.fhir.definitions.search import parameters
from exchange.fhir.structures import resource_types

_INTERACTIONS: Final = ("read", "vread", "update", "delete", "history-instance", "create", "search-type")
_SERVED_DATE: Final = "2026-01-01"
_OPERATION: Final = "http://hl7.org/fhir/OperationDefinition/"
_PIXM: Final = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"
_UNSTORED: Final = frozenset({"Bundle", "Parameters", "OperationOutcome"})


@cache
def stored_kinds() -> tuple[str, ...]:
    """Kinds of resources that can be stored."""
    return tuple(sorted(resource_types() - _UNSTORED))


def capability_statement(base: str) -> Resource:
    """What this service can do, as a resource."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _SERVED_DATE,
        "kind": "instance",
        "software": {"name": "health-platform"},
        "implementation": {"description": "Regional health information platform", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": False, "description": "Institutions by client credential or certificate, people by session"},
                "resource": [_resource(kind) for kind in stored_kinds()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [{"name": "process-message", "definition": f"{_OPERATION}MessageHeader-process-message"}],
            }
        ],
    }


def _resource(kind: str) -> Resource:
    found = sorted(parameters(kind).values(), key=lambda one: one.name)
    content: Resource = {
        "type": kind,
        "documentation": "becomes rows of the regional health record" if kind in mapped_kinds() else "kept and returned",
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "searchInclude": [f"{kind}:{one.name}" for one in found if one.kind == "reference"],
        "searchRevInclude": ["Provenance:target"],
        "searchParam": [
            {"name": "_id", "type": "token"},
            {"name": "_lastUpdated", "type": "date"},
            *({"name": one.name, "type": one.kind} for one in found),
        ],
    }
    content["operation"] = [{"name": "validate", "definition": f"{_OPERATION}Resource-validate"}]
    if kind == "Patient":
        own = [{"name": name, "definition": f"{_OPERATION}Patient-{name}"} for name in ("everything", "match")]
        content["operation"] += [*own, {"name": "ihe-pix", "definition": _PIXM}]
    return {name: value for name, value in content.items() if value != []}
