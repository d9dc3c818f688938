"""Words of file management, and how the 17-digit file number is made."""

from __future__ import annotations

from health_platform.kernel.errors import register_messages

STATES = {"open": "在用", "archived": "已归档", "sealed": "已封档", "merged": "已合并"}
ACTIONS = {
    "open": "建档",
    "correct": "更正",
    "archive": "归档",
    "reopen": "恢复在用",
    "seal": "封档",
    "unseal": "撤销封档",
    "leave": "迁出",
    "arrive": "迁入",
    "division": "随区划调整迁移",
    "merge": "随居民合并",
    "unmerge": "随撤销合并恢复",
    "hide": "登记隐藏意愿",
}
CORRECTION_STATES = {"asked": "待机构处理", "done": "已更正", "refused": "不予更正"}

# What may be corrected by hand; the person's demographics belong to the person index.
CORRECTABLE = {"institution_name": "建档机构", "doctor_name": "责任医师", "household_no": "家庭档案号", "opened_on": "建档日期"}

# The village part of a file number (国家基本公共卫生服务规范): 001-099 neighbourhood committees, 101-199 village committees,
# 901-999 other units. How the three digits follow from the statistical code of a village is not laid down and differs by
# county (待确认), so the derived part is only proposed and can be set for every village.
NEIGHBOURHOODS = range(1, 100)
VILLAGES = range(101, 200)
OTHERS = range(901, 1000)
STATISTICAL_VILLAGES = range(200, 400)

register_messages(
    {
        "file.unknown": "未找到该健康档案",
        "file.person": "未找到该居民",
        "file.opened": "该居民已有健康档案 {number}",
        "file.state": "档案状态为“{state}”，不能执行此操作",
        "file.division": "建档区划须为 12 位村（居）委会代码",
        "file.village": "该乡镇的村（居）档案序号 901–999 已用完，请先设定序号",
        "file.village_taken": "该序号已被同一乡镇的其他村（居）使用",
        "file.serial": "该村（居）的档案顺序号已用完",
        "file.same_division": "迁入区划与现区划相同",
        "file.died": "死亡日期不能晚于今天",
        "file.nothing": "没有要更正的内容",
        "correction.answered": "该更正申请已有答复",
    }
)
