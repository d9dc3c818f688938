"""Health information for residents: written as a draft, shown by a decision, taken down again; never deleted.

An administrator manages the articles of her jurisdiction. Residents read what is shown by the city and by every county of it:
a resident's own county is no secret of the others' notices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict, NotFound
from health_platform.kernel.scope import Principal
from health_platform.residents.definitions import NEWS_PAGE, NEWS_STATES
from health_platform.residents.models import NewsArticle


@dataclass(frozen=True)
class Wording:
    """What an article says. ``body`` is plain text, paragraphs parted by blank lines."""

    kind: str
    title: str
    body: str


def write(session: Session, principal: Principal, publisher: str, wording: Wording, at: datetime) -> NewsArticle:
    """Write a draft for the writer's division."""
    article = NewsArticle(
        division_code=principal.division_code, kind=wording.kind, title=wording.title, body=wording.body,
        publisher=publisher, state="draft", written_by=principal.name, changed_at=at,
    )  # fmt: skip
    session.add(article)
    session.flush()
    return article


def rewrite(session: Session, article_id: int, wording: Wording, at: datetime) -> NewsArticle:
    """Change the words of an article that residents do not see.

    Raises:
        NotFound: outside the caller's jurisdiction. Conflict: it is shown; take it down first.
    """
    article = _found(session, article_id)
    _expect(article, "draft", "taken")
    article.kind, article.title, article.body, article.changed_at = wording.kind, wording.title, wording.body, at
    return article


def show(session: Session, article_id: int, at: datetime) -> NewsArticle:
    """Let residents read it from now on.

    Raises:
        NotFound: outside the caller's jurisdiction. Conflict: it is shown already.
    """
    article = _found(session, article_id)
    _expect(article, "draft", "taken")
    article.state, article.shown_at, article.changed_at = "shown", at, at
    return article


def take_down(session: Session, article_id: int, at: datetime) -> NewsArticle:
    """Residents do not see it any more; it stays in the list of its writers.

    Raises:
        NotFound: outside the caller's jurisdiction. Conflict: it is not shown.
    """
    article = _found(session, article_id)
    _expect(article, "shown")
    article.state, article.shown_at, article.changed_at = "taken", None, at
    return article


def articles(session: Session, page: int) -> tuple[list[NewsArticle], int]:
    """The articles of the caller's jurisdiction, latest change first, and how many there are."""
    statement = select(NewsArticle).order_by(NewsArticle.changed_at.desc(), NewsArticle.id.desc())
    rows = list(session.scalars(statement.limit(NEWS_PAGE).offset((page - 1) * NEWS_PAGE)))
    return rows, session.scalar(select(func.count()).select_from(NewsArticle)) or 0


# Asked by the first page of every resident, so it is put together once.
_SHOWN = (
    select(NewsArticle)
    .where(NewsArticle.state == "shown")
    .order_by(NewsArticle.shown_at.desc(), NewsArticle.id.desc())
    .limit(bindparam("size"))
    .offset(bindparam("skip"))
)


def shown_articles(session: Session, page: int = 1, size: int = NEWS_PAGE) -> list[NewsArticle]:
    """What residents read, newest first."""
    with widened(session, "health information is public"):
        return list(session.scalars(_SHOWN, {"size": size, "skip": (page - 1) * size}))


def shown_article(session: Session, article_id: int) -> NewsArticle:
    """One article as residents read it.

    Raises:
        NotFound: there is none, or it is not shown.
    """
    statement = select(NewsArticle).where(NewsArticle.id == article_id, NewsArticle.state == "shown")
    with widened(session, "health information is public"):
        found: NewsArticle | None = session.scalar(statement)
    if found is None:
        raise NotFound("request.not_found")
    return found


def _found(session: Session, article_id: int) -> NewsArticle:
    found: NewsArticle | None = session.scalar(select(NewsArticle).where(NewsArticle.id == article_id))
    if found is None:
        raise NotFound("request.not_found")
    return found


def _expect(article: NewsArticle, *states: str) -> None:
    if article.state not in states:
        raise Conflict("resident.news_state", state=NEWS_STATES[article.state])
