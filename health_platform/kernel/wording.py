"""Chinese texts for what marshmallow finds wrong in a request; people read them beside the fields of a form.

marshmallow has no catalogue of messages, so its defaults are replaced here once, when the request parser is loaded.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

_FIELDS: dict[type[fields.Field[Any]], dict[str, str]] = {
    fields.Field: {"required": "必须填写", "null": "不能为空", "validator_failed": "取值无效"},
    fields.String: {"invalid": "应为文字", "invalid_utf8": "文字编码无效"},
    fields.Number: {"invalid": "应为数字", "too_large": "数字过大"},
    fields.Integer: {"invalid": "应为整数"},
    fields.Float: {"special": "应为有限的数字"},
    fields.Decimal: {"special": "应为有限的数字"},
    fields.Boolean: {"invalid": "应为是或否"},
    fields.Date: {"invalid": "不是有效的日期"},
    fields.DateTime: {"invalid": "不是有效的时间", "invalid_awareness": "时间应带时区"},
    fields.Time: {"invalid": "不是有效的时间"},
    fields.List: {"invalid": "应为列表"},
    fields.Mapping: {"invalid": "应为键值对象"},
    fields.Nested: {"type": "应为键值对象"},
    fields.Email: {"invalid": "不是有效的邮箱地址"},
    fields.Url: {"invalid": "不是有效的网址"},
    fields.UUID: {"invalid_uuid": "不是有效的标识"},
}

_VALIDATORS: dict[type[validate.Validator], dict[str, str]] = {
    validate.Length: {
        "message_min": "至少 {min} 个",
        "message_max": "最多 {max} 个",
        "message_all": "应为 {min} 至 {max} 个",
        "message_equal": "应为 {equal} 个",
    },
    validate.Range: {
        "message_min": "应{min_op} {{min}}",
        "message_max": "应{max_op} {{max}}",
        "message_all": "应{min_op} {{min}} 且{max_op} {{max}}",
        "message_gte": "不小于",
        "message_gt": "大于",
        "message_lte": "不大于",
        "message_lt": "小于",
    },
    validate.OneOf: {"default_message": "应为以下之一：{choices}"},
    validate.ContainsOnly: {"default_message": "只能包含：{choices}"},
    validate.NoneOf: {"default_message": "不允许的取值"},
    validate.Equal: {"default_message": "应等于 {other}"},
    validate.Regexp: {"default_message": "格式不符"},
    validate.Predicate: {"default_message": "取值无效"},
    validate.Email: {"default_message": "不是有效的邮箱地址"},
    validate.URL: {"default_message": "不是有效的网址"},
}


def speak_chinese() -> None:
    """Replace marshmallow's default messages."""
    for field, messages in _FIELDS.items():
        field.default_error_messages = {**field.__dict__.get("default_error_messages", {}), **messages}
    for validator, texts in _VALIDATORS.items():
        for name, text in texts.items():
            setattr(validator, name, text)
    Schema._default_error_messages = {"type": "应为键值对象", "unknown": "没有这一项"}


speak_chinese()
