"""References: found, rewritten when resources get their ids, and turned into the numbers dataset rows use."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from exchange.fhir.checking import Resource
from exchange.fhir.indexing import relative
from exchange.fhir.mapping import PatientFields, Row
from exchange.fhir.paths import get, path

_LOCAL_NUMBER: Final = path("identifier[type.coding.code=MR|PI|PT].value")
_PERSONAL_TYPES: Final = frozenset({"NNCHN", "NI", "SS", "SB", "DL", "PPN", "MI", "PRC"})
_LIMITS: Final = {"Patient": 80, "Encounter": 100}


def reference_holders(content: Any) -> Iterator[dict[str, Any]]:
    """Every object of a resource that holds a ``reference``."""
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            if type(one.get("reference")) is str:
                yield one
            waiting += [value for value in one.values() if type(value) is dict or type(value) is list]
        elif type(one) is list:
            waiting += one


def rewrite(content: Resource, ids: Mapping[str, str], resolve: Callable[[str], str]) -> None:
    """Replace the bundle's own names (``urn:uuid:…``) by the ids given, and conditional references by what they find."""
    for holder in reference_holders(content):
        reference = holder["reference"]
        known = ids.get(reference)
        if known is not None:
            holder["reference"] = known
        elif "?" in reference and not reference.startswith(("#", "urn:", "http:", "https:")):
            holder["reference"] = resolve(reference)


def own_id(resource: Resource) -> str:
    """The number by which dataset rows name a resource.

    Patients and encounters keep the number of their own system, so that rows that come by other ways (HL7 v2, the data
    API) meet them; everything else is named by its FHIR id.
    """
    kind, logical_id = resource["resourceType"], str(resource.get("id") or "")
    limit = _LIMITS.get(kind)
    number = _own_number(resource) if limit else ""
    return number if number and len(number) <= (limit or 0) else logical_id


def _own_number(resource: Resource) -> str:
    if number := get(resource, _LOCAL_NUMBER):
        return str(number)
    for identifier in resource.get("identifier") or ():
        codings = (identifier.get("type") or {}).get("coding") or ()
        if not any(coding.get("code") in _PERSONAL_TYPES for coding in codings) and identifier.get("value"):
            return str(identifier["value"])
    return ""


def subject_of(resource: Resource) -> Any:
    """The reference to the patient a resource is about."""
    return resource.get("subject") or resource.get("patient") or resource.get("beneficiary")


class BundleLinks:
    """What the resources of one request refer to: each other, and stored ones whose numbers were looked up."""

    def __init__(self, resources: Iterable[Resource], stored: Mapping[str, str]) -> None:
        """``stored``: reference → number of what is already here."""
        self._resources = {f"{one['resourceType']}/{one['id']}": one for one in resources}
        self._stored = stored
        self._referrers: dict[tuple[str, str], str] = {}
        self._facts: dict[tuple[Any, str], Row] = {}
        self._numbers: dict[str, str] = {}
        for one in self._resources.values():
            for result in one.get("result") or ():
                if isinstance(result, dict) and isinstance(result.get("reference"), str):
                    self._referrers.setdefault((one["resourceType"], relative(result["reference"])), own_id(one))

    def resource(self, reference: Any) -> Resource | None:
        if not isinstance(reference, dict) or not isinstance(reference.get("reference"), str):
            return None
        return self._resources.get(relative(reference["reference"]))

    def patient_facts(self, resource: Resource, fields: PatientFields) -> Row:
        reference = subject_of(resource)
        key = (reference.get("reference") if isinstance(reference, dict) else None, fields.name)
        if key not in self._facts:
            patient = self.resource(reference)
            self._facts[key] = fields.of(patient) if patient else {}
        return self._facts[key]

    def local_id(self, reference: Any) -> str:
        if not isinstance(reference, dict):
            return ""
        target = reference.get("reference")
        if isinstance(target, str):
            if target not in self._numbers:
                self._numbers[target] = self._number(target)
            if self._numbers[target]:
                return self._numbers[target]
        identifier = reference.get("identifier")
        return str(identifier.get("value") or "") if isinstance(identifier, dict) else ""

    def _number(self, target: str) -> str:
        """The number of what a reference names; "" for something contained."""
        found = self._resources.get(relative(target))
        if found is not None:
            return own_id(found)
        if target.startswith("#"):
            return ""
        return self._stored.get(relative(target)) or target.rsplit("/", 1)[-1].rsplit(":", 1)[-1]

    def own_id(self, resource: Resource) -> str:
        return own_id(resource)

    def referrer(self, resource: Resource, kind: str) -> str:
        return self._referrers.get((kind, f"{resource['resourceType']}/{resource['id']}"), "")


def referred_numbers(resources: Iterable[Resource]) -> dict[str, set[str]]:
    """Patients and encounters referred to, by kind: the ones whose numbers have to be looked up."""
    found: dict[str, set[str]] = defaultdict(set)
    for resource in resources:
        for reference in (subject_of(resource), resource.get("encounter")):
            if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
                kind, _, logical_id = relative(reference["reference"]).partition("/")
                if kind in _LIMITS and logical_id:
                    found[kind].add(logical_id)
    return found
