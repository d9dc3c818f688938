"""The patient register of the front-end software."""

from __future__ import annotations

from health_platform.datasets.definitions.blocks import bookkeeping, coded, organisation, person, row_id
from health_platform.datasets.fields import Code, Day, Sensitivity, Text
from health_platform.datasets.model import REAL_TIME, Dataset, Domain, PatientReference

EMR_PATIENT_INFO = Dataset(
    "emr_patient_info",
    "患者基本信息",
    domain=Domain.PERSONAL,
    subdomain="identity",
    key=("id",),
    time=(),
    due=REAL_TIME,
    patient=PatientReference(
        local_id="id",
        name="patient_name",
        id_type="id_card_type_code",
        id_number="id_card",
        gender="gender_code",
        birth_date="birth_date",
        phone="tel",
        address="current_addr_detail",
        nation="nation_code",
        register=True,
    ),
    void="invalid_flag",
    fields=(
        row_id(),
        *person(),
        Code("gender_code", "性别", expected=True, value_set="gender", max_length=2, display="gender_name"),
        Text("gender_name", "性别", max_length=10),
        Day("birth_date", "出生日期", expected=True),
        Code(
            "nationality_code",
            "国籍/地区",
            expected=True,
            value_set="nationality",
            max_length=5,
            display="nationality_name",
        ),
        Text("nationality_name", "国籍/地区", max_length=50),
        Code("nation_code", "民族代码", expected=True, value_set="nation", max_length=2, display="nation_name"),
        Text("nation_name", "民族", max_length=50),
        *coded("permanent_addr", "户籍地址", "division", length=9, name_length=100),
        Text("permanent_addr_detail", "户籍详细地址", max_length=250, sensitivity=Sensitivity.ADDRESS),
        Code(
            "current_addr_code",
            "现住地区",
            expected=True,
            value_set="division",
            max_length=9,
            display="current_addr_name",
        ),
        Text("current_addr_name", "现住地区", max_length=100),
        Text("current_addr_detail", "现住详细地址", expected=True, max_length=250, sensitivity=Sensitivity.ADDRESS),
        Text("workunit", "工作单位/学校名称", max_length=250),
        *coded("marital_status", "婚姻状况", "marital_status"),
        Text("tel", "电话号码", expected=True, max_length=70, sensitivity=Sensitivity.PHONE),
        Text("contacts", "联系人/监护人姓名", max_length=100, sensitivity=Sensitivity.NAME),
        Text("contacts_tel", "联系人/监护人电话号码", max_length=70, sensitivity=Sensitivity.PHONE),
        *coded("education", "学历", "education"),
        Code(
            "nultitude_type_code",
            "人群分类代码",
            expected=True,
            value_set="population_group",
            max_length=2,
            display="nultitude_type_name",
        ),
        Text("nultitude_type_name", "人群分类名称", max_length=20),
        Text("nultitude_type_other", "人群分类其他", max_length=100),
        Text("qzrj_data_type", "数据处理类型", max_length=2),
        *organisation(),
        *bookkeeping(),
    ),
)

DATASETS = (EMR_PATIENT_INFO,)
