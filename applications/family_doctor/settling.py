"""解约结算: what of a contract was used, by the services fulfilled and the time served, and what is paid back. All of it data.

There is no national rule of settlement; the county's agreement text decides (待确认). Two measures are common, and a county
weighs them by the parameter ``service_weight``: the services fulfilled of those agreed, and the days served of the term. So

    used share = weight × min(1, services fulfilled / services agreed) + (1 − weight) × min(1, days served / days of the term)

Each payer bears that share of what it undertook to bear. The resident gets back what he paid above his part, times ``asked_rate``
when it was he who ended the contract. Everything is computed on the form and kept with the parameters it was computed with; a
figure that the agreement or a court sees otherwise is corrected with a reason, and the computed one stays beside it.
"""

from __future__ import annotations

from health_platform.engine.api import Choice, Day, Field, Form, Number, Param, Rule, Section, Text, YesNo, options

PARAMS = (
    Param(
        "service_weight", "结算：履约项次的权重（其余为履约时间）（待确认）", 0.5, 0, 1, basis="无全国规定，以当地协议文本为准"
    ),
    Param("asked_rate", "结算：居民主动解约或拒绝服务时的退还比例（待确认）", 1, 0, 1, basis="无全国规定，以当地协议文本为准"),
)
REASONS = options("1 迁出", "2 失联一年", "3 连续一年拒绝服务", "4 居民主动解约", "5 死亡", "9 其他")
OWN_WISH = "reason in ('3', '4')"


def _money(code: str, label: str, value: str, hint: str = "") -> Field:
    return Number(code, label, places=2, unit="元", value=value, hint=hint)


def _share(code: str, label: str, value: str, hint: str) -> Field:
    return Number(code, label, places=4, value=value, hint=hint)


FULFILLED = "if(entry_due_times > 0, if(fulfilled < entry_due_times, fulfilled / entry_due_times, 1), null)"
SERVED = "if(term_days > 0 and served_days is not null, if(served_days < term_days, served_days / term_days, 1), null)"
BACK = f"(entry_paid - own_part) * if({OWN_WISH}, :asked_rate, 1)"

SETTLEMENT = Form(
    "contract_settlement",
    "解约结算单",
    (
        Section("解约", (
            Choice("reason", "解约原因", required=True, options=REASONS),
            Day("applied_on", "申请日期", required=True),
            Day("stopped_on", "服务终止日期", required=True, proposal="applied_on"),
        )),
        Section("已履行部分", (
            Number("agreed_times", "约定项次", value="entry_due_times"),
            Number("fulfilled", "已履约项次", value="so_far_services", hint="由履约服务记录累计"),
            _share("fulfilled_share", "履约比例", FULFILLED, "已履约项次÷约定项次，最多为1"),
            Number("term_days", "协议期限", unit="天", value="days_between(enrolled_on, ends_on)", hint="生效日期至到期日期"),
            Number("served_days", "已服务时间", unit="天", value="days_between(enrolled_on, stopped_on)"),
            _share("served_share", "时间比例", SERVED, "已服务时间÷协议期限，最多为1"),
            Number("weight", "履约项次的权重", places=2, value=":service_weight", hint="本县参数"),
            _share("used_share", "已履行比例", "weight * fulfilled_share + (1 - weight) * served_share",
                   "权重×履约比例＋（1−权重）×时间比例"),
        )),
        Section("费用", (
            _money("used", "已履行服务费", "entry_price * used_share", "签约服务费×已履行比例"),
            _money("insurance_part", "其中医保基金承担", "coalesce(entry_insurance, 0) * used_share"),
            _money("public_part", "其中基本公卫经费承担", "coalesce(entry_public_fund, 0) * used_share"),
            _money("own_part", "其中个人承担", "coalesce(entry_personal, entry_paid) * used_share", "协议个人承担×已履行比例"),
            _money("owed", "计算应退金额", f"if(entry_paid > own_part, {BACK}, if(own_part is null, null, 0))",
                   "（个人已付−个人承担）×退还比例，不小于0"),
            YesNo("corrected", "更正应退金额", required=True, proposal="false"),
            Number("corrected_to", "更正后应退金额", when="corrected", required=True, low=0, high=10000, places=2, unit="元"),
            Text("corrected_why", "更正原因", when="corrected", required=True, wide=True, max_length=300),
            _money("refund", "应退金额", "if(corrected, corrected_to, owed)"),
        )),
        Section("确认", (
            YesNo("agreed", "居民（家属）确认结算", required=True),
            Text("note", "说明", wide=True, lines=2, max_length=300),
        )),
    ),
    rules=(
        Rule("applied_on <= day", "申请日期晚于结算日期", "applied_on"),
        Rule("stopped_on between enrolled_on and day", "服务终止日期应在生效日期与结算日期之间", "stopped_on"),
        Rule("corrected_to <= entry_paid", "应退金额不能多于个人已付", "corrected_to"),
    ),
    day="结算日期", version=2,
)  # fmt: skip
