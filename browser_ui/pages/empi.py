"""Pages of the data steward: work list, comparison, persons, quality of the links."""

from __future__ import annotations

from typing import Any

from flask import redirect
from marshmallow import fields, validate

from browser_ui.empi.charts import waterfall, weight_bars
from browser_ui.empi.naming import institution_names
from browser_ui.forms import form_of
from browser_ui.tables import Column, Page
from empi import api as empi
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.platform import MenuItem, Platform

blp = Blueprint("pages_empi", __name__, url_prefix="/console/empi", description="主索引页面")

JUDGE = "empi.quality.judge"
KIND_MARKS = {"possible": "info", "conflict": "bad", "cut": "warn", "overlay": "bad"}
DECISIONS = (
    Column("decided_at", "时间", kind="moment"),
    Column("label", "决定"),
    Column("by_name", "决定者"),
    Column("weight", "证据(比特)", kind="number"),
    Column("rule_version", "规则版本", kind="mono"),
    Column("reason", "理由"),
)
TRENDS = (
    Column("institution", "机构"),
    Column("identities", "身份记录", kind="number"),
    Column("duplicates", "重复建档", kind="number"),
    Column("share", "重复率(%)", kind="number"),
    Column("conflicts", "证件冲突", kind="number"),
    Column("overlays", "号码覆盖", kind="number"),
    Column("months", "近期"),
)
STRATA = (
    Column("label", "层"),
    Column("size", "总对数", kind="number"),
    Column("judged", "已判定", kind="number"),
    Column("same", "其中同一人", kind="number"),
)
MODELS = (
    Column("version", "版本", kind="mono", href="/console/empi/models/{id}"),
    Column("state_label", "状态"),
    Column("trained_on", "训练人次", kind="number"),
    Column("made_at", "训练时间", kind="moment"),
    Column("made_by", "训练者"),
)
WEIGHTS = (
    Column("label", "字段"),
    Column("level", "比较结果", kind="mono"),
    Column("now", "现用(比特)", kind="number"),
    Column("then", "该模型(比特)", kind="number"),
    Column("change", "变化", kind="number"),
)
MODEL_STATES = {"draft": "待审核", "active": "使用中", "retired": "已停用"}


class NextQuery(Schema):
    """The question just answered."""

    after = fields.Integer(load_default=None)


class DoneQuery(Schema):
    """The question answered before, whose answer can be taken back."""

    done = fields.Integer(load_default=None)


class ListQuery(empi.IdentityReviewQuery, DoneQuery):
    """Which questions to list."""


class FindQuery(empi.CredentialQuery, empi.CluesIn):
    """A credential, or clues."""


@endpoint(
    blp,
    "GET",
    "/reviews",
    permission="empi.review.read",
    label="主索引复核",
    template="empi/reviews.html",
    query=ListQuery,
)
def reviews_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The work list."""
    rows, total = empi.listed(call.session, query)
    open_by_kind = empi.counts(call.session)
    return {
        "page": Page(rows, total, query["page"], empi.PAGE),
        "titles": empi.titles(call.session, call.principal, rows),
        "institutions": institution_names(call, (row.institution for row in rows)),
        "query": query,
        "fields": [one for one in form_of(empi.IdentityReviewQuery) if one.name != "page"],
        "tiles": [
            (label, open_by_kind.get(kind, 0), f"/console/empi/reviews?kind={kind}") for kind, label in empi.KIND_LABELS.items()
        ],
        "kinds": empi.KIND_LABELS,
        "marks": KIND_MARKS,
        "verdicts": empi.VERDICT_LABELS,
        "may_answer": call.principal.may("empi.review.answer"),
        "done": empi.answered(call.session, call.principal, query["done"]),
    }


@endpoint(blp, "GET", "/reviews/next", permission="empi.review.read", label="下一复核事项", query=NextQuery, raw=True)
def next_page(call: Call, query: dict[str, Any]) -> Any:
    """Goes on after the question just answered, or back to an empty list; there the answer can be taken back."""
    after = empi.answered(call.session, call.principal, query["after"])
    following = empi.next_open(call.session, call.principal, after)
    done = f"?done={after.id}" if after else ""
    return redirect(f"/console/empi/reviews/{following}{done}" if following else f"/console/empi/reviews{done}")


@endpoint(
    blp,
    "GET",
    "/reviews/<int:review_id>",
    permission="empi.review.read",
    label="复核比对",
    template="empi/review.html",
    audit="read:review",
    query=DoneQuery,
)
def review_page(call: Call, query: dict[str, Any], review_id: int) -> dict[str, Any]:
    """Two identities side by side with the waterfall of evidence."""
    asked = empi.question(call.session, call.principal, review_id)
    call.audit(person_id=asked.review.person_id, other_person=str(asked.review.other_person))
    return {
        "question": asked,
        "review": asked.review,
        "case": asked.case,
        "institutions": institution_names(call, (asked.case.left.institution, asked.case.right.institution)),
        "kinds": empi.KIND_LABELS,
        "marks": KIND_MARKS,
        "verdict_labels": empi.VERDICT_LABELS,
        "picture": waterfall(asked.case),
        "may_answer": call.principal.may("empi.review.answer"),
        "done": empi.answered(call.session, call.principal, query["done"]),
        "own_first": asked.review.state == "seconding" and asked.review.first_by == call.principal.id,
    }


@endpoint(
    blp,
    "GET",
    "/persons",
    permission="empi.person.search",
    label="查找居民",
    template="empi/persons.html",
    query=FindQuery,
    audit="search:person",
)
def persons_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Find by credential, or narrow by clues."""
    found, steps = _find(call, query)
    empi.audit_shown(call, [one.person_id for one in found])
    return {
        "credential_fields": form_of(empi.CredentialQuery),
        "clue_fields": form_of(empi.CluesIn),
        "query": query,
        "steps": steps,
        "found": [empi.found_for(call.principal, one) for one in found],
        "asked": bool(steps or query["number"] or query["local_id"]),
    }


def _find(call: Call, query: dict[str, Any]) -> tuple[list[empi.Found], list[empi.Step]]:
    if query["institution"] and query["local_id"]:
        institution = empi.institution_named(call.session, query["institution"])
        one = empi.by_local_id(call.session, institution, query["local_id"])
        return ([one] if one else []), []
    if query["number"]:
        return empi.by_credential(call.session, query["kind"], query["number"]), []
    names = ("age", "age_span", "sex", "name", "pinyin", "place", "phone_tail")
    result = empi.narrow(call.session, empi.Clues(**{name: query[name] for name in names}))
    return list(result.found), list(result.steps)


@endpoint(
    blp,
    "GET",
    "/persons/<int:person_id>",
    permission="empi.person.read",
    label="居民主索引",
    audit="read:person",
    template="empi/person.html",
)
def person_page(call: Call, person_id: int) -> dict[str, Any]:
    """The golden record with provenance, all identities, all decisions."""
    view = empi.person_view(call.session, call.principal, person_id)
    call.audit(person_id=view.person_id)
    merges = [row for row in view.history if row.kind == "merge" and row.undone_by is None and row.person_id == view.person_id]
    return {
        "view": view,
        "institutions": institution_names(call, _sources(view)),
        "parts": empi.SURVIVORSHIP,
        "why": empi.PREFERENCE_LABELS,
        "columns": DECISIONS,
        "merges": merges,
        "history": [{**vars(row), "label": empi.DECISION_LABELS.get(row.kind, row.kind)} for row in view.history],
        "may_decide": call.principal.may("empi.link.decide"),
        "merged_from": person_id != view.person_id,
    }


def _sources(view: empi.PersonView) -> set[str]:
    """Institutions named on a person's page: of its identities, and of the surviving values."""
    return {one.institution for one in view.identities} | {str(part["institution"]) for part in view.golden.values()}


@endpoint(blp, "GET", "/quality", permission="empi.quality.read", label="主索引质量", template="empi/quality.html")
def quality_page(call: Call) -> dict[str, Any]:
    """Estimated precision and recall, the chart of weights, trends per institution, over-full blocks."""
    round_id = empi.latest_round(call.session)
    trends = empi.trends(call.session)
    names = institution_names(call, (one.institution for one in trends))
    strata = empi.strata_of(call.session, round_id) if round_id else []
    return {
        "due": empi.relinking_due(call.session),
        "quality": empi.quality(call.session, round_id) if round_id else None,
        "strata_columns": STRATA,
        "strata": [{**vars(one), "label": empi.STRATA[one.name][1]} for one in strata],
        "waiting": len(empi.open_samples(call.session, round_id)) if round_id else 0,
        "chart": weight_bars(empi.weight_chart(call.session)),
        "trend_columns": TRENDS,
        "trends": [{**_trend(one), "institution": names.get(one.institution, one.institution)} for one in trends],
        "fields": form_of(empi.SampleIn),
        "judges": call.principal.may(JUDGE),
        "draws": call.principal.may(JUDGE) and empi.may_sample(call.session, call.principal),
        "over_full": [
            {"name": name, "blocks": blocks, "times": times} for name, blocks, times in empi.over_full_counts(call.session)
        ],
        "over_full_columns": (
            Column("name", "分组规则"),
            Column("blocks", "超限分组", kind="number"),
            Column("times", "遇到次数", kind="number"),
        ),
    }


def _trend(one: Any) -> dict[str, Any]:
    recent = one.months[-3:]
    return {
        **vars(one),
        "share": round(one.duplicate_share * 100, 2),
        "conflicts": sum(month[1] for month in one.months),
        "overlays": sum(month[2] for month in one.months),
        "months": "；".join(f"{name} 冲突{conflicts} 覆盖{overlays}" for name, conflicts, overlays in recent),
    }


@endpoint(
    blp,
    "GET",
    "/quality/sample",
    permission=JUDGE,
    label="抽样判定",
    template="empi/sample.html",
    audit="read:sample",
)
def sample_page(call: Call) -> dict[str, Any]:
    """The next sampled pair nobody has judged; what the rules decided is not shown."""
    round_id = empi.latest_round(call.session)
    waiting = empi.open_samples(call.session, round_id) if round_id else []
    if not waiting:
        return {"sample": None}
    call.audit(sample=str(waiting[0].id))
    case = empi.sample_case(call.session, call.principal, waiting[0])
    names = institution_names(call, (case.left.institution, case.right.institution))
    return {"sample": waiting[0], "waiting": len(waiting), "case": case, "institutions": names}


@endpoint(
    blp, "GET", "/models", permission="empi.quality.read", label="匹配模型与设置", template="empi/models.html", scope="reference"
)
def models_page(call: Call) -> dict[str, Any]:
    """Models, tenants' settings, trust in sources."""
    rows = [{**vars(row), "state_label": MODEL_STATES[row.state]} for row in empi.models(call.session)]
    sources = empi.sources(call.session)
    return {
        "columns": MODELS,
        "rows": rows,
        "policies": [{**vars(row), "label": "全市" if row.tenant == "*" else row.tenant} for row in empi.policies(call.session)],
        "sources": sources,
        "institutions": institution_names(call, (row.institution for row in sources)),
        "may_tune": call.principal.may("empi.model.edit"),
    }


class TenantQuery(Schema):
    """Whose settings."""

    tenant = fields.String(
        load_default="*",
        validate=validate.Regexp(r"^(\*|\d{2,12})$"),
        metadata={"label": "区划前缀", "hint": "2 至 12 位行政区划代码；* 为全市"},
    )


@endpoint(
    blp,
    "GET",
    "/policy",
    permission="empi.model.edit",
    label="修改租户设置页",
    scope="reference",
    query=TenantQuery,
    template="empi/policy.html",
)
def policy_page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What one tenant has chosen, to be changed."""
    tenant = query["tenant"]
    row = next((one for one in empi.policies(call.session) if one.tenant == tenant), None)
    chosen = {name: getattr(row, name) for name in ("two_persons", "certain_from", "possible_from")} if row else {}
    values = {name: "" if value is None else value for name, value in chosen.items()}
    return {
        "tenant": tenant,
        "choose": form_of(TenantQuery),
        "fields": form_of(empi.TenantPolicyIn),
        "values": {**values, "rules": (row.rules or "").split() if row else []},
    }


@endpoint(
    blp,
    "GET",
    "/models/<int:model_id>",
    permission="empi.quality.read",
    label="匹配模型",
    scope="reference",
    template="empi/model.html",
)
def model_page(call: Call, model_id: int) -> dict[str, Any]:
    """What a model would weigh otherwise, for review before it is put into force."""
    lines = empi.difference(call.session, model_id)
    row = next(one for one in empi.models(call.session) if one.id == model_id)
    return {
        "model": row,
        "state_label": MODEL_STATES[row.state],
        "columns": WEIGHTS,
        "may_tune": call.principal.may("empi.model.edit"),
        "lines": [{**vars(one), "change": round(one.then - one.now, 3)} for one in lines],
    }


def install(platform: Platform) -> None:
    platform.blueprint(blp)
    for order, (key, label, url, permission) in enumerate(MENU):
        platform.menu(MenuItem(f"empi.{key}", label, url, permission, path="主索引", order=30 + order))


MENU = (
    ("reviews", "复核工作", "/console/empi/reviews", "empi.review.read"),
    ("persons", "查找居民", "/console/empi/persons", "empi.person.search"),
    ("quality", "关联质量", "/console/empi/quality", "empi.quality.read"),
    ("models", "匹配模型与设置", "/console/empi/models", "empi.quality.read"),
)
