"""Chinese texts of the rules that entries can break; the rule names are stable, the texts are for people."""

from collections.abc import Iterable

PROBLEMS = {
    "missing": "必须填写",
    "unknown": "不是允许的取值",
    "fixed": "不能修改",
    "negative": "不能为负数",
    "one_code_needed": "至少填写一种机构代码",
    "credit_code_wrong": "统一社会信用代码格式或校验位不符(GB 32100)",
    "cdc_code_wrong": "应为9位数字",
    "code22_wrong": "22位机构代码格式或校验位不符(WS 218)",
    "code22_other_organisation": "与统一社会信用代码中的组织机构代码不一致",
    "code22_other_class": "与机构类别不一致",
    "division_county_needed": "应为县级或以下区划代码",
    "division_unknown": "区划不存在",
    "coordinates_in_pairs": "经度和纬度应同时填写",
    "outside_the_country": "坐标不在国内",
    "class_unknown": "不是 WS 218 机构类别",
    "before_beginning": "早于启用日期",
    "parent_unknown": "上级不存在或形成循环",
    "identity_number_wrong": "身份证号格式、出生日期或校验位不符(GB 11643)",
    "licence_needed": "该类人员须填写执业证书编号",
    "in_the_future": "不能晚于今天",
    "before_leaving": "早于上次离职日期",
    "department_unknown": "该机构没有这个科室",
    "details_unknown": "该类资源没有这一项",
    "code_title_mark_needed": "编号、名称和标识必须填写",
    "source_unknown": "原区划不存在",
    "sources_count": "原区划数量与变更类型不符",
    "targets_count": "新区划数量与变更类型不符",
    "code_shape": "代码格式不符",
    "code_taken": "代码已被使用",
    "name_missing": "缺少名称",
    "parent_changed": "新区划的上级正在变更",
    "level_differs": "与原区划级别不同",
    "child_unknown": "不是原区划的下级",
    "child_code": "下级新代码不在新区划内",
    "children_collide": "下级新代码重复",
    "orphan": "没有上级区划",
    "no_common_parent": "没有共同的上级区划",
    "kind_unknown": "类型不符",
    "area_unknown": "所属管理区不存在",
    "code_missing": "缺少代码",
    "code_long": "超过64个字符",
    "code_not_in_force": "有不是现行的代码",
    "selects_nothing": "没有选中任何现行代码",
    "code_repeated": "代码重复",
    "parent_circle": "上级形成循环",
    "identifier_taken": "已属于另一机构",
    "code_differs": "同一代码在文件中有不同的内容",
    "place_needed": "机构和所在区划至少填写一项",
    "register_unknown": "没有这个登记类别",
    "number_wrong": "不是平台编号",
    "no_heir": "不是这项变更的承接区划",
}


def finding(field: str, rule: str) -> dict[str, str]:
    """A fault of one field as it is told: the stable rule name, and the text shown beside the field."""
    return {"field": field, "rule": rule, "problem": PROBLEMS[rule]}


def parts(fault: str) -> tuple[str, str]:
    """Rule and code of a fault of the form ``rule`` or ``rule:code``."""
    rule, _, code = fault.partition(":")
    return rule, code


def told(faults: Iterable[str]) -> str:
    """Faults of the form ``rule`` or ``rule:code`` as one Chinese sentence."""
    return "；".join(f"{PROBLEMS[rule]}{f'({code})' if code else ''}" for rule, code in map(parts, faults))
