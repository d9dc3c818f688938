"""Charges: one row per settlement and one per item. Header and items must add up (a quality rule)."""

from __future__ import annotations

from health_platform.datasets.definitions.region_blocks import PERSON, coded, key, person, place, tail, visit
from health_platform.datasets.fields import Code, Decimal, Instant, Integer, Text
from health_platform.datasets.model import Dataset, Domain, by_day


def _money(name: str, label: str, *, required: bool = False) -> Decimal:
    return Decimal(name, label, scale=2, minimum=-(10**9), maximum=10**9, unit="元", required=required)


CHARGE = Dataset(
    "charge",
    "收费记录",
    domain=Domain.MEDICAL,
    subdomain="charge",
    key=("charge_no",),
    time=("charged_at",),
    due=by_day(1),
    patient=PERSON,
    void="void",
    fields=(
        key("charge_no", "收费(结算)流水号"),
        *person(),
        *visit(),
        Instant("charged_at", "收费(结算)时间", required=True),
        Code("state", "收费状态代码", value_set="charge_state", max_length=2, note="退费记为负数金额，并写原收费流水号"),
        Text("original_no", "原收费流水号", max_length=80),
        _money("total", "总费用", required=True),
        _money("insurance_paid", "医保基金支付"),
        _money("self_paid", "个人支付"),
        _money("account_paid", "个人账户支付"),
        _money("relief_paid", "医疗救助支付"),
        Code("pay_method", "医疗付费方式代码", value_set="pay_method", max_length=2, element="DE07.00.007.00"),
        Text("insurance_no", "医保结算号", max_length=50),
        Text("invoice_no", "票据号", max_length=50),
        *place(),
        *tail(),
    ),
)

CHARGE_ITEM = Dataset(
    "charge_item",
    "收费明细",
    domain=Domain.MEDICAL,
    subdomain="charge",
    key=("item_no",),
    time=("charged_at",),
    due=by_day(1),
    patient=PERSON,
    void="void",
    fields=(
        key("item_no", "收费明细流水号"),
        Text("charge_no", "收费(结算)流水号", max_length=80, expected=True),
        *person(),
        *visit(),
        Instant("charged_at", "记账时间", required=True),
        *coded("item", "收费项目", "charge_item", length=50, expected=True),
        Text("local_item", "院内项目编码", max_length=50),
        *coded("fee_class_out", "门诊费用分类", "fee_class_out", length=4),
        *coded("fee_class_in", "住院费用分类", "fee_class_in", length=4),
        Text("specification", "规格", max_length=100),
        Text("unit", "计价单位", max_length=20),
        Decimal("price", "单价", scale=4, minimum=0, maximum=10**8, unit="元"),
        Decimal("quantity", "数量", scale=4, minimum=-(10**6), maximum=10**6),
        _money("amount", "金额", required=True),
        _money("insurance_amount", "纳入医保金额"),
        Integer("self_rate", "自付比例", maximum=100, unit="%"),
        Text("order_no", "医嘱(处方)号", max_length=80),
        *place(),
        *tail(),
    ),
)

DATASETS = (CHARGE, CHARGE_ITEM)
