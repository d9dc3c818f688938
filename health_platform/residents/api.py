"""The resident portal, for other packages."""

from health_platform.residents.definitions import (
    HIDEABLE,
    NEWS_KINDS,
    NEWS_PAGE,
    NEWS_STATES,
    OBJECTION_STATES,
    PROXY_STATES,
    RELATIONS,
)
from health_platform.residents.family import members, own_person, requests_about
from health_platform.residents.models import AccessObjection, FamilyProxy, NewsArticle
from health_platform.residents.news import articles, shown_article, shown_articles
from health_platform.residents.news_routes import NewsIn
from health_platform.residents.ports import Custody, IdentityVerifier, PersonRegister, RealPerson
from health_platform.residents.privacy import (
    hidden_kinds,
    objections,
    open_objections,
    release,
    released,
    views_of,
)
from health_platform.residents.reading import OwnRecord, Shown, own_record
from health_platform.residents.schemas import AnswerIn, CodeIn, MemberIn, ObjectionIn, SignInIn

__all__ = [
    "HIDEABLE",
    "NEWS_KINDS",
    "NEWS_PAGE",
    "NEWS_STATES",
    "OBJECTION_STATES",
    "PROXY_STATES",
    "RELATIONS",
    "AccessObjection",
    "AnswerIn",
    "CodeIn",
    "Custody",
    "FamilyProxy",
    "IdentityVerifier",
    "MemberIn",
    "NewsArticle",
    "NewsIn",
    "ObjectionIn",
    "OwnRecord",
    "PersonRegister",
    "RealPerson",
    "Shown",
    "SignInIn",
    "articles",
    "hidden_kinds",
    "members",
    "objections",
    "open_objections",
    "own_person",
    "own_record",
    "release",
    "released",
    "requests_about",
    "shown_article",
    "shown_articles",
    "views_of",
]
