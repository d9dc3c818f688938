"""Institutions in XLSX: the file that is exported can be changed and imported again; the code tells which is which."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from health_platform.kernel.errors import Conflict, Invalid
from health_platform.kernel.parsing import load
from health_platform.kernel.scope import Principal
from health_platform.kernel.sheets import Heading
from registry.columns import differences, headings_of, in_words, read_words
from registry.definitions.problems import finding
from registry.identifiers import CDC, CREDIT, WS218, entity_of
from registry.importing import ADDED, CHANGED, SAME, Effect, ImportResult, Sheet, import_rows
from registry.institutions.drafts import SCHEMES, InstitutionDraft
from registry.institutions.models import Institution
from registry.institutions.schemas import InstitutionIn
from registry.institutions.service import KIND, change, draft_of, register, resolve

SHEET: Sequence[Heading] = headings_of(InstitutionIn)


def rows_of(institutions: Iterable[Institution]) -> Iterable[dict[str, Any]]:
    """Institutions as rows of the sheet, coded values in words."""
    return (in_words(InstitutionIn, row) for row in institutions)


def import_file(session: Session, principal: Principal, content: bytes, apply: bool = True) -> ImportResult:
    """Register or change one institution per row; see ``import_rows``."""

    def act(row: dict[str, str]) -> Effect:
        draft = InstitutionDraft(**load(InstitutionIn(), read_words(InstitutionIn, row), "row"))
        return _put(session, principal, draft)

    return import_rows(session, Sheet(content, SHEET, apply), act)


def _put(session: Session, principal: Principal, draft: InstitutionDraft) -> Effect:
    known = _known(session, draft)
    if known is None:
        register(session, principal, draft)
        return Effect(ADDED, draft.name)
    before = draft_of(known)
    if before == draft:
        return Effect(SAME, draft.name)
    change(session, principal, known.id, known.revision, **asdict(draft))
    return Effect(CHANGED, before.name, differences(InstitutionIn, before, draft))


def _known(session: Session, draft: InstitutionDraft) -> Institution | None:
    """The entry a row means. An old row of a merged institution must not overwrite the one it became part of."""
    for scheme, value in ((CREDIT, draft.code), (WS218, draft.code22), (CDC, draft.cdc_code)):
        if value and (found := resolve(session, value, scheme)) is not None:
            if entity_of(session, KIND, value, scheme) != found.id:
                raise Conflict("institution.merged_code", value=value, name=found.name, field=SCHEMES[scheme])
            if draft.code and found.code not in (None, draft.code):  # by another code: never take one for the other
                raise Invalid("institution.invalid", findings=[finding(SCHEMES[scheme], "identifier_taken")])
            return found
    if not (draft.code or draft.code22 or draft.cdc_code):
        raise Invalid("institution.invalid", findings=[finding("code", "one_code_needed")])
    return None
