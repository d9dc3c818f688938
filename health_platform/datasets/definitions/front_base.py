"""Institution data of the front-end software: departments and staff."""

from __future__ import annotations

from health_platform.datasets.definitions.blocks import coded
from health_platform.datasets.fields import Code, Flag, Instant, Sensitivity, Text
from health_platform.datasets.model import Dataset, Domain, by_day

BASE_DEPT = Dataset(
    "base_dept",
    "科室字典",
    domain=Domain.PERSONAL,
    subdomain="reference",
    key=("dept_code",),
    time=(),
    due=by_day(1),
    fields=(
        Text("dept_code", "院方科室code", required=True, max_length=40),
        Text("dept_name", "院方科室名称", max_length=100),
        *coded("target_dept", "前置软件科室code", "department", length=40, name_length=100),
        Instant("create_time", "创建时间", expected=True),
    ),
)

BASE_USER = Dataset(
    "base_user",
    "医务人员",
    domain=Domain.PERSONAL,
    subdomain="reference",
    key=("id",),
    time=(),
    due=by_day(1),
    void="invalid_flag",
    fields=(
        Text("id", "用户ID", required=True, max_length=100),
        Text("user_name", "用户真实姓名", expected=True, max_length=255, sensitivity=Sensitivity.NAME),
        Code("id_card_type_code", "用户身份证件所属类别代码", value_set="id_type", max_length=2),
        Text(
            "id_card",
            "用户的身份证号，尚未获得身份证号码的人员使用护照号等特定编码标识",
            expected=True,
            max_length=40,
            sensitivity=Sensitivity.ID_NUMBER,
        ),
        Text("tel", "电话号码", expected=True, max_length=70, sensitivity=Sensitivity.PHONE),
        Text("physician_no", "用户取得的医师执业资格证号", max_length=50),
        Code("org_code", "用户所属医疗机构在机构代码表中的代码", value_set="institution", max_length=22, expected=True),
        Code("dept_code", "用户所属科室在代码表中的代码", value_set="department", max_length=40, expected=True),
        Instant("create_time", "用户在院内系统中的创建时间", expected=True),
        Flag("invalid_flag", "1=作废，0=有效"),
        Text("login_name", "登录名", expected=True, max_length=250),
        Code("user_type_code", "用户类型，dd_user_type，（1公卫2临床3管理员）", value_set="user_type", max_length=10),
    ),
)

DATASETS = (
    BASE_DEPT,
    BASE_USER,
)
