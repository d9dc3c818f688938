"""Signed forms: the text that was agreed is fixed and sealed when it is submitted, and can be checked by anybody ever after.

What the platform itself vouches for is that this text, named as signed by this person in this way, was submitted at this moment
and has not changed since: an SM2 signature over the whole text. That the hand was the resident's own it does not vouch for; a
third-party authority does (电子签名法 第十三条), connected by binding ``SignatureAuthority``.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from health_platform.engine.definitions.forms import Form
from health_platform.engine.desk import Desk
from health_platform.engine.models import Enrolment, Submission
from health_platform.engine.ports import SignatureAuthority
from health_platform.kernel import clock
from health_platform.kernel.crypto import signed_content, sm3
from health_platform.kernel.errors import Invalid

CONTEXT = "engine.agreement"


@dataclass(frozen=True)
class Seal:
    """What is kept of a signed form: the text, the platform's signature over it, and an authority's evidence if there is one."""

    document: str
    envelope: str
    signer: str
    way: str
    at: str
    authority: str = ""
    evidence: str = ""

    @property
    def digest(self) -> str:
        """SM3 of the text, as printed on the agreement."""
        return sm3(self.document.encode()).hex()


def seal(desk: Desk, form: Form, row: Submission, member: Enrolment) -> None:
    """Seal a submission of a form that is signed; nothing for the others.

    Raises:
        Invalid: a third party is said to have certified it, and none is connected.
    """
    signature = form.signature
    if signature is None:
        return
    answers = row.answers
    way = str(answers.get(signature.way) or "")
    document = _document(desk, form, row, member)
    authority = desk.authority if signature.certified and way == signature.certified else None
    if way == signature.certified and authority is None and way:
        raise Invalid("engine.authority")
    kept = Seal(
        document=document,
        envelope=desk.platform.crypto.sign(document.encode(), CONTEXT),
        signer=str(answers.get(signature.signer) or ""),
        way=form.field(signature.way).show(way),
        at=row.submitted_at.isoformat(),
        authority=authority.label if authority else "",
        evidence=authority.certify(document.encode(), str(answers.get(signature.signer) or "")) if authority else "",
    )
    row.seal = json.dumps(asdict(kept), ensure_ascii=False)
    desk.session.flush()


def _document(desk: Desk, form: Form, row: Submission, member: Enrolment) -> str:
    """The agreed text: the same facts give the same characters."""
    facts = json.loads(member.card or "{}")
    unit = desk.institution_names([row.institution_id]).get(row.institution_id, "") if row.institution_id else ""
    text = {
        "form": form.code, "title": form.label, "version": form.version, "submission": str(row.id), "day": row.day.isoformat(),
        "person": {"name": member.title or "", "id_no": facts.get("id_no", "")}, "institution": unit,
        "worker": row.worker_name or "", "submitted_at": row.submitted_at.isoformat(), "answers": row.answers,
    }  # fmt: skip
    return json.dumps(text, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal_of(row: Submission) -> Seal | None:
    """The seal of a submission; ``None`` when it was not signed."""
    return Seal(**json.loads(row.seal)) if row.seal else None


def intact(desk: Desk, row: Submission, kept: Seal) -> bool:
    """Whether the text is the one that was sealed, and the submission still says what the text says."""
    text = json.loads(kept.document)
    if (text["submission"], text["day"], text["answers"]) != (str(row.id), row.day.isoformat(), row.answers):
        return False
    authority: SignatureAuthority | None = desk.authority
    if kept.evidence and authority is not None and not authority.holds(kept.document.encode(), kept.evidence):
        return False
    return bool(desk.platform.crypto.verify(kept.document.encode(), kept.envelope, CONTEXT))


def seal_view(desk: Desk, row: Submission) -> dict[str, Any] | None:
    """A seal as people read it."""
    kept = seal_of(row)
    if kept is None:
        return None
    at = clock.local(datetime.fromisoformat(kept.at)).isoformat(sep=" ", timespec="minutes")[:16]
    facts = {"signer": kept.signer, "way": kept.way, "at": at, "authority": kept.authority, "digest": kept.digest}
    return {**facts, "intact": intact(desk, row, kept)}


def proof(desk: Desk, row: Submission) -> dict[str, Any] | None:
    """Everything somebody needs to check a seal without the platform: SM2 with SM3 over ``signed``, by ``public_key``."""
    kept = seal_of(row)
    if kept is None:
        return None
    key_id, signed, signature = signed_content(kept.envelope, kept.document.encode(), CONTEXT)
    public = desk.platform.crypto.public_key(key_id)
    parts = {"signed": signed, "signature": signature, "public_key": public}
    written = {name: base64.b64encode(content).decode() for name, content in parts.items()}
    return {"document": kept.document, "evidence": kept.evidence, **written, **(seal_view(desk, row) or {})}
