"""Orders, prescriptions and bedside state of the front-end software."""

from __future__ import annotations

from health_platform.datasets.definitions.blocks import (
    FRONT_PATIENT,
    activity_type,
    bookkeeping,
    coded,
    department,
    organisation,
    patient,
    row_id,
)
from health_platform.datasets.fields import Code, Instant, Integer, Text
from health_platform.datasets.model import Dataset, Domain, Parent, by_day

EMR_ORDER = Dataset(
    "emr_order",
    "医嘱处方",
    domain=Domain.MEDICAL,
    subdomain="prescription",
    key=("id",),
    time=("prescription_issuance_date", "operation_time"),
    due=by_day(0),
    patient=FRONT_PATIENT,
    void="invalid_flag",
    fields=(
        row_id(),
        *patient(),
        *activity_type(),
        Text("prescription_no", "处方编号", max_length=30),
        Code("prescription_type_code", "处方类别代码", value_set="prescription_type", max_length=1),
        Instant("prescription_issuance_date", "处方开立日期", expected=True),
        Integer("prescription_validity_days", "处方有效天数", minimum=0, maximum=99, unit="天"),
        Instant("excute_date", "医嘱处方执行日期", after="prescription_issuance_date"),
        Text("prescription_issuance_id", "处方开立医师ID", max_length=50),
        Text("prescription_dispensing_id", "处方发药药剂师ID", max_length=50),
        Text("prescription_notes", "处方备注信息", max_length=100),
        *organisation(),
        *department(),
        *bookkeeping(),
    ),
)

EMR_ORDER_ITEM = Dataset(
    "emr_order_item",
    "医嘱处方细项",
    domain=Domain.MEDICAL,
    subdomain="prescription",
    key=("id",),
    time=(),
    due=by_day(0),
    parent=Parent("emr_order", "order_id"),
    void="invalid_flag",
    fields=(
        row_id(),
        Text("order_id", "医嘱处方ID", required=True, max_length=80),
        Code("drug_code", "药物代码", expected=True, value_set="drug", max_length=20, display="drug_name"),
        Text("drug_name", "药物名称", expected=True, max_length=50),
        Text("drug_specifications", "药物规格", max_length=50),
        Text("drug_dosage_code", "单次用药剂量", max_length=8),
        *coded("drug_dosage_unit", "药物使用剂量单位", "dose_unit", length=6),
        Text("drug_dosage_total", "药物使用总剂量", max_length=15),
        Text("tcm_prescription", "中药饮片处方", max_length=500),
        Integer("tcm_number", "中药饮片剂数(剂)", minimum=0, maximum=99, unit="剂"),
        Text("tcm_decoction_method", "中药饮片煎煮法", max_length=100),
        Text("tcm_use_method", "中药用药方法", max_length=100),
        *bookkeeping(),
    ),
)

EMR_VITAL_SIGNS_RECORD = Dataset(
    "emr_vital_signs_record",
    "生命体征记录",
    domain=Domain.MEDICAL,
    subdomain="observation",
    key=("id",),
    time=("operation_time", "create_date"),
    due=by_day(0),
    patient=FRONT_PATIENT,
    void="invalid_flag",
    fields=(
        row_id(),
        *patient(),
        *activity_type(),
        *coded("ventilatorused", "是否使用呼吸机", "yes_no", name_length=2),
        *coded("critical_care", "是否重症监护", "yes_no", name_length=2),
        *organisation(),
        *department(),
        *bookkeeping(data_status=False),
    ),
)

DATASETS = (
    EMR_ORDER,
    EMR_ORDER_ITEM,
    EMR_VITAL_SIGNS_RECORD,
)
