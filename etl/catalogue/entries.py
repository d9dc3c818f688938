"""Cataloguing: classify and describe, submit, have it reviewed by somebody else, publish, revise, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl.catalogue.definitions import (
    APPROVED,
    DRAFT,
    PUBLISHED,
    STATES,
    SUBMITTED,
    WITHDRAWN,
    default_cycle,
    default_item,
    default_share,
)
from etl.catalogue.models import CatalogueEntry, CatalogueStep
from health_platform.datasets.api import Dataset, catalogue, dataset, facts
from health_platform.kernel import clock
from health_platform.kernel.errors import Conflict, Denied, Invalid, register_messages
from health_platform.kernel.scope import Principal

register_messages(
    {
        "catalogue.state": "该目录现为{state}，不能{act}",
        "catalogue.own_review": "不能审核自己提交的目录",
        "catalogue.incomplete": "提交前请填写：{missing}",
    }
)

EDITABLE: Final = ("item", "share", "share_condition", "open_to_public", "provider", "summary", "keywords", "cycle")


@dataclass(frozen=True)
class Act:
    """A step of the workflow: from which states it may be taken, and where it leads."""

    name: str
    label: str
    before: tuple[str, ...]
    after: str


EDIT: Final = Act("edited", "编辑", (DRAFT,), DRAFT)
SUBMIT: Final = Act("submitted", "提交审核", (DRAFT,), SUBMITTED)
APPROVE: Final = Act("approved", "审核通过", (SUBMITTED,), APPROVED)
RETURN: Final = Act("returned", "退回", (SUBMITTED, APPROVED), DRAFT)
PUBLISH: Final = Act("published", "发布", (APPROVED,), PUBLISHED)
REOPEN: Final = Act("reopened", "修订", (PUBLISHED, WITHDRAWN), DRAFT)
WITHDRAW: Final = Act("withdrawn", "撤销", (PUBLISHED,), WITHDRAWN)


def entry_of(session: Session, name: str) -> CatalogueEntry:
    """The entry of a dataset; one that nobody touched yet is a draft with what the definition says.

    Raises:
        NotFound: ``dataset.unknown``.
    """
    definition = dataset(name)
    return session.get(CatalogueEntry, name) or _first(definition)


def entries(session: Session) -> list[CatalogueEntry]:
    """The entries of all datasets, in the order of the definitions."""
    known = {row.dataset: row for row in session.scalars(select(CatalogueEntry))}
    return [known.get(name) or _first(each) for name, each in catalogue().items()]


def edit(session: Session, principal: Principal, name: str, changes: dict[str, Any]) -> CatalogueEntry:
    """Change the working copy.

    Raises:
        Conflict: it is under review or published; revise it first.
    """
    row = _step(session, principal, name, EDIT, "")
    for key in EDITABLE:
        if key in changes:
            setattr(row, key, changes[key])
    session.flush()
    return row


def act(session: Session, principal: Principal, name: str, what: Act, note: str = "") -> CatalogueEntry:
    """Take a step of the workflow.

    Raises:
        Conflict: the entry is in no state for it.
        Denied: somebody reviews what they submitted themselves.
        Invalid: submitted without provider, summary, or the conditions of conditional sharing.
    """
    row = _step(session, principal, name, what, note)
    if what is SUBMIT:
        _check_complete(row)
        row.submitted_by = principal.id
    if what is APPROVE and row.submitted_by == principal.id:
        raise Denied("catalogue.own_review")
    if what is PUBLISH:
        row.published = {**{key: getattr(row, key) for key in EDITABLE}, "edition": row.edition, "facts": facts(dataset(name))}
        row.published_at = clock.now()
    if what is WITHDRAW:
        row.published, row.published_at = None, None
    if what is REOPEN:
        row.edition += 1
    session.flush()
    return row


def steps(session: Session, name: str) -> Sequence[CatalogueStep]:
    """What happened to an entry, newest first."""
    return session.scalars(
        select(CatalogueStep).where(CatalogueStep.dataset == name).order_by(CatalogueStep.at.desc(), CatalogueStep.id.desc())
    ).all()


def is_public(row: CatalogueEntry) -> bool:
    """Whether an edition is in force. A revision leaves the published edition in force until the next one."""
    return row.published is not None


def is_outdated(row: CatalogueEntry) -> bool:
    """The definition changed after the entry was published."""
    return row.published is not None and row.published["facts"] != facts(dataset(row.dataset))


def _step(session: Session, principal: Principal, name: str, what: Act, note: str) -> CatalogueEntry:
    row = entry_of(session, name)
    if row.state not in what.before:
        raise Conflict("catalogue.state", state=STATES[row.state], act=what.label)
    session.add(row)
    row.state, row.changed_at, row.changed_by = what.after, clock.now(), principal.name
    session.add(
        CatalogueStep(
            dataset=name, edition=row.edition, act=what.name, note=note, actor_id=principal.id, actor_name=principal.name,
            at=clock.now(),
        )
    )  # fmt: skip
    return row


def _first(definition: Dataset) -> CatalogueEntry:
    return CatalogueEntry(
        dataset=definition.name, item=default_item(definition), share=default_share(definition), share_condition=None,
        open_to_public=False, provider=None, summary=definition.note or None, keywords=None, cycle=default_cycle(definition),
        state=DRAFT, edition=1, submitted_by=None, published=None, published_at=None, changed_at=clock.now(), changed_by=None,
    )  # fmt: skip


def _check_complete(row: CatalogueEntry) -> None:
    wanted = {"provider": "提供方", "summary": "摘要"}
    if row.share != "unconditional":
        wanted["share_condition"] = "共享条件" if row.share == "conditional" else "不予共享的依据"
    if missing := [label for key, label in wanted.items() if not getattr(row, key)]:
        raise Invalid("catalogue.incomplete", missing="、".join(missing))
