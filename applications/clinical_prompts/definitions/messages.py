"""What callers are told when a request of the prompts cannot be served."""

from health_platform.kernel.errors import register_messages

register_messages(
    {
        "prompts.patient": "平台上没有找到该患者：{patient}",
        "prompts.institution": "调用方没有登记所属机构，无法核对患者",
        "prompts.patients_differ": "请求中的患者标识指向不同的人，未作核对",
        "prompts.card": "未找到该提示",
        "prompts.check": "未找到该次核对",
        "prompts.check_reused": "核对编号 {check} 已用于其他患者、就诊或医嘱，请使用新的编号",
        "prompts.reason_needed": "忽略“{rule}”提示须说明原因",
        "prompts.reason_unknown": "不采纳原因 {reason} 不在列表中",
        "prompts.rule": "没有名为 {rule} 的规则",
        "prompts.parameter": "规则 {rule} 的参数 {parameter} 取值 {value} 应为 {low} 至 {high} 的整数",
        "prompts.table": "没有名为 {table} 的知识表",
        "prompts.version": "未找到知识表 {table} 的版本 {version}",
        "prompts.row": "知识表 {table} 第 {line} 行“{column}”的值 {value} 无效：{rule}",
        "prompts.empty": "知识表 {table} 没有内容",
        "prompts.service": "没有名为 {service} 的 CDS 服务",
        "prompts.hook": "请求的 {field} 无效：{rule}",
        "prompts.bearer": "调用方令牌无效或已过期",
    }
)
