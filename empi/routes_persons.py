"""Persons and identities: register, match, look up, merge and split."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from empi import history, merging, unmerging
from empi.auditing import audit_shown
from empi.goldening import golden_of_visible
from empi.identity import Actor, RawIdentity
from empi.lookup import Clues, Found, by_credential, by_local_id, institution_named, narrow, visible_persons
from empi.matched import match
from empi.persons import in_use, pairs
from empi.presenting import facts_for, found_for, golden_for, ruling_name
from empi.ruling import Ruling
from empi.schemas_decisions import (
    AllowIn,
    ApartIn,
    DecisionIn,
    DecisionOut,
    IdentityLinkIn,
    OutcomeOut,
    PersonMergeIn,
    SplitIn,
    UnmergeIn,
)
from empi.schemas_facts import IdentitiesIn, MatchIn, MatchOut, RegisteredOut
from empi.schemas_persons import CluesIn, CredentialQuery, IdentityOut, NarrowedOut, PersonOut
from empi.service import register
from empi.storing import facts_of, known
from empi.wide import whole_index
from health_platform.kernel.errors import Denied, NotFound, register_messages
from health_platform.kernel.http import Blueprint, Call, endpoint

register_messages({"empi.no_own_institution": "调用方未绑定机构,不能登记身份"})

READ, SEARCH, REGISTER, DECIDE = ("empi.person.read", "empi.person.search", "empi.identity.register", "empi.link.decide")

persons = Blueprint("persons", __name__, url_prefix="/api/v1/persons", description="居民主索引")
identities = Blueprint("identities", __name__, url_prefix="/api/v1/identities", description="身份记录")


def ruling_of(call: Call, body: dict[str, Any]) -> Ruling:
    """The caller's decision: who, why, and whether it overrules an earlier one."""
    actor = Actor("person", ruling_name(call.principal), call.principal.id)
    return Ruling(actor, body.get("reason") or "", bool(body.get("overrule")))


@endpoint(
    identities,
    "POST",
    "",
    permission=REGISTER,
    label="登记身份",
    scope="jurisdiction",
    body=IdentitiesIn,
    response=RegisteredOut,
    many=True,
    audit="register:identity",
    reads=True,  # at first: what a registration has to find out it finds out beside other writers
)
def add(call: Call, body: dict[str, Any]) -> Any:
    """Register identities of the calling institution: whose they are is the caller's credentials' word, not the body's."""
    principal = call.principal
    if principal.institution_id is None:
        raise Denied("empi.no_own_institution")
    raws = [
        _raw(one, str(principal.institution_id), principal.division_code, principal.institution_id) for one in body["identities"]
    ]
    call.audit(identities=len(raws))
    return register(call.session, raws)


def _raw(values: dict[str, Any], institution: str, division: str, institution_id: int | None) -> RawIdentity:
    given = {**values, "credentials": tuple((one["kind"], one["number"]) for one in values["credentials"])}
    return RawIdentity(institution=institution, division_code=division, institution_id=institution_id, **given)


@endpoint(
    persons,
    "POST",
    "/match",
    permission=SEARCH,
    label="匹配居民",
    body=MatchIn,
    response=MatchOut,
    many=True,
    audit="match:person",
    reads=True,
)
def find_matches(call: Call, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Persons these facts could be about, without storing anything."""
    limit, only_certain = body.pop("limit"), body.pop("only_certain")
    found = match(call.session, _raw({**body, "local_id": ""}, "", "", None), limit, only_certain)
    audit_shown(call, [one.person_id for one in found])
    return [{**vars(one), "golden": golden_for(call.principal, one.golden)} for one in found]


@endpoint(
    persons,
    "GET",
    "",
    permission=SEARCH,
    label="按证件查找居民",
    query=CredentialQuery,
    response=PersonOut,
    many=True,
    audit="search:person",
)
def search(call: Call, query: dict[str, Any]) -> list[dict[str, Any]]:
    """Persons by any credential, or by an institution's own number."""
    found: Sequence[Found] = ()
    if query["institution"] and query["local_id"]:
        one = by_local_id(call.session, institution_named(call.session, query["institution"]), query["local_id"])
        found = [one] if one else []
    elif query["number"]:
        found = by_credential(call.session, query["kind"], query["number"])
    return shown(call, found, kind=query["kind"])


def shown(call: Call, found: Sequence[Found], **facts: Any) -> list[dict[str, Any]]:
    """Persons found, as the caller may see them; whom the caller saw goes into the audit log."""
    audit_shown(call, [one.person_id for one in found], **facts)
    return [found_for(call.principal, one) for one in found]


@endpoint(
    persons,
    "POST",
    "/narrow",
    permission=SEARCH,
    label="模糊查找居民",
    body=CluesIn,
    response=NarrowedOut,
    audit="search:person",
    reads=True,
)
def narrow_down(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Narrow candidates clue by clue, for somebody who cannot be asked."""
    result = narrow(call.session, Clues(**body))
    return {"steps": result.steps, "found": shown(call, result.found, clues=[one.clue for one in result.steps])}


@endpoint(persons, "GET", "/<int:person_id>", permission=READ, label="居民主索引信息", response=PersonOut, audit="read:person")
def person(call: Call, person_id: int) -> dict[str, Any]:
    """The golden record; a merged id answers with the person in use."""
    current = in_use(call.session, person_id)
    call.audit(person_id=current)
    golden = golden_of_visible(call.session, current)
    return {"person_id": current, "identities": len(pairs(call.session, current)), "golden": golden_for(call.principal, golden)}


@endpoint(
    persons,
    "GET",
    "/<int:person_id>/identities",
    permission=READ,
    label="居民的身份记录",
    response=IdentityOut,
    many=True,
    audit="read:person",
)
def identities_of(call: Call, person_id: int) -> list[dict[str, Any]]:
    """All identities of a person the caller may see, with what each says."""
    current = in_use(call.session, person_id)
    call.audit(person_id=current)
    with whole_index(call.session, "identities of a visible person"):
        rows = known(call.session, [key for _, key in pairs(call.session, current)])
        return [{**row._asdict(), "facts": facts_for(call.principal, facts_of(call.session, row))} for row in rows.values()]


@endpoint(
    persons,
    "GET",
    "/<int:person_id>/history",
    permission=READ,
    label="关联决定的历史",
    response=DecisionOut,
    many=True,
    audit="read:person",
)
def history_of(call: Call, person_id: int) -> Any:
    """Every decision that touched a person, newest first."""
    current = in_use(call.session, person_id)
    call.audit(person_id=current)
    with whole_index(call.session, "history of a visible person"):
        return history.history_of(call.session, person_id)


def check_visible(call: Call, wanted: Collection[int]) -> None:
    """
    Raises:
        NotFound: the caller may not see one of the persons.
    """
    if missing := set(wanted) - visible_persons(call.session, wanted):
        raise NotFound("empi.person_unknown", person_id=str(min(missing)))


def check_identity(call: Call, *keys: int) -> None:
    """
    Raises:
        NotFound: the caller may not see one of the identities.
    """
    if missing := set(keys) - known(call.session, keys).keys():
        raise NotFound("empi.identity_unknown", patient_key=str(min(missing)))


@endpoint(
    persons,
    "POST",
    "/merges",
    permission=DECIDE,
    label="合并居民",
    body=PersonMergeIn,
    response=OutcomeOut,
    audit="merge:person",
    status=201,
)
def merge(call: Call, body: dict[str, Any]) -> Any:
    """Two persons are one; taken back with the decision id."""
    check_visible(call, [body["left"], body["right"]])
    outcome = merging.merge(call.session, body["left"], body["right"], ruling_of(call, body))
    call.audit(person_id=outcome.person_id, gone=[str(one) for one in outcome.others])
    return outcome


@endpoint(
    persons,
    "POST",
    "/merges/<int:decision_id>/undo",
    permission=DECIDE,
    label="撤销合并",
    body=UnmergeIn,
    response=OutcomeOut,
    audit="unmerge:person",
)
def unmerge(call: Call, body: dict[str, Any], decision_id: int) -> Any:
    """Undo a merge exactly."""
    with whole_index(call.session, "person of a merge"):
        kept = unmerging.merged_person(call.session, decision_id)
    check_visible(call, [kept])
    outcome = unmerging.unmerge(call.session, decision_id, ruling_of(call, body), body["keep_apart"])
    call.audit(person_id=outcome.person_id, restored=[str(one) for one in outcome.others])
    return outcome


@endpoint(
    persons,
    "POST",
    "/<int:person_id>/split",
    permission=DECIDE,
    label="拆分居民",
    body=SplitIn,
    response=OutcomeOut,
    audit="split:person",
)
def split(call: Call, body: dict[str, Any], person_id: int) -> Any:
    """Some identities are somebody else."""
    check_visible(call, [person_id])
    call.audit(person_id=person_id)
    return merging.split(call.session, person_id, body["patient_keys"], ruling_of(call, body))


@endpoint(
    identities,
    "POST",
    "/<int:patient_key>/link",
    permission=DECIDE,
    label="关联身份",
    body=IdentityLinkIn,
    response=OutcomeOut,
    audit="link:identity",
)
def link(call: Call, body: dict[str, Any], patient_key: int) -> Any:
    """An identity belongs to this person."""
    check_identity(call, patient_key)
    check_visible(call, [body["person_id"]])
    call.audit(person_id=body["person_id"])
    return merging.link(call.session, patient_key, body["person_id"], ruling_of(call, body))


@endpoint(
    identities,
    "POST",
    "/<int:patient_key>/unlink",
    permission=DECIDE,
    label="解除身份关联",
    body=DecisionIn,
    response=OutcomeOut,
    audit="unlink:identity",
)
def unlink(call: Call, body: dict[str, Any], patient_key: int) -> Any:
    """An identity is a person of its own."""
    check_identity(call, patient_key)
    return merging.unlink(call.session, patient_key, ruling_of(call, body))


@endpoint(
    identities,
    "POST",
    "/apart",
    permission=DECIDE,
    label="禁止关联",
    body=ApartIn,
    response=OutcomeOut,
    audit="apart:identity",
)
def apart(call: Call, body: dict[str, Any]) -> Any:
    """Two identities are different persons, now and later."""
    check_identity(call, body["left_key"], body["right_key"])
    return merging.do_not_link(call.session, body["left_key"], body["right_key"], ruling_of(call, body))


@endpoint(
    persons,
    "POST",
    "/allow",
    permission=DECIDE,
    label="解除禁止关联",
    body=AllowIn,
    response=OutcomeOut,
    audit="allow:person",
)
def allow(call: Call, body: dict[str, Any]) -> Any:
    """Two persons may be linked again by evidence."""
    check_visible(call, [body["left"], body["right"]])
    return merging.allow_link(call.session, body["left"], body["right"], ruling_of(call, body))
