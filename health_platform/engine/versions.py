"""Old submissions are read with the form they were written with: the definition is kept as JSON at its first use."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from sqlalchemy.orm import Session

from health_platform.engine.definitions import fields
from health_platform.engine.definitions.fields import Choice, Field
from health_platform.engine.definitions.forms import Form, Rule, Section, Signature
from health_platform.engine.definitions.naming import Option
from health_platform.engine.models import FormVersion
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict

_KINDS: dict[str, type[Field]] = {
    kind.__name__: kind
    for kind in vars(fields).values()
    if isinstance(kind, type) and issubclass(kind, Field) and kind is not Field
}


def to_json(form: Form) -> dict[str, Any]:
    """A form as data."""
    return {
        "code": form.code,
        "label": form.label,
        "version": form.version,
        "day": form.day,
        "note": form.note,
        "sections": [{"label": s.label, "when": s.when, "fields": [_field_json(f) for f in s.fields]} for s in form.sections],
        "rules": [dataclasses.asdict(rule) for rule in form.rules],
        **({"signature": dataclasses.asdict(form.signature)} if form.signature else {}),
    }


def _field_json(field: Field) -> dict[str, Any]:
    return {"kind": type(field).__name__, **dataclasses.asdict(field)}


def from_json(content: dict[str, Any]) -> Form:
    """The form of a stored definition."""
    sections = tuple(Section(s["label"], tuple(_field(f) for f in s["fields"]), s["when"]) for s in content["sections"])
    rules = tuple(Rule(**rule) for rule in content["rules"])
    known = {key: content[key] for key in ("version", "day", "note")}
    signed = Signature(**content["signature"]) if "signature" in content else None
    return Form(content["code"], content["label"], sections, rules=rules, signature=signed, **known)


def _field(content: dict[str, Any]) -> Field:
    facts = dict(content)
    kind = _KINDS[facts.pop("kind")]
    if issubclass(kind, Choice):
        facts["options"] = tuple(Option(**option) for option in facts["options"])
    if facts.get("usual"):
        facts["usual"] = tuple(facts["usual"])
    return kind(**facts)


def fingerprint(form: Form) -> str:
    """Changes with everything a reader of old submissions would notice."""
    text = json.dumps(to_json(form), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def keep(session: Session, form: Form) -> None:
    """Remember the present version before the first submission is written with it.

    Raises:
        Conflict: this version was used with another content: what was written then could no longer be read.
    """
    mark = fingerprint(form)
    known = session.get(FormVersion, (form.code, form.version))
    if known is None:
        content = json.dumps(to_json(form), ensure_ascii=False)
        session.add(
            FormVersion(form=form.code, version=form.version, fingerprint=mark, content=content, first_used_at=clock.now())
        )
        session.flush()
    elif known.fingerprint != mark:
        raise Conflict("engine.form_changed", form=form.label, version=form.version)


def of_version(session: Session, form: Form, version: int) -> Form:
    """The form as it was in a version; the present one when that is asked for or nothing older is known."""
    if version == form.version:
        return form
    kept = session.get(FormVersion, (form.code, version))
    return from_json(json.loads(kept.content)) if kept else form
