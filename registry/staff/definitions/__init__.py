"""Codes of staff entries with their Chinese labels."""

CATEGORIES = {
    "physician": "执业医师",
    "assistant": "执业助理医师",
    "nurse": "注册护士",
    "pharmacist": "药师(士)",
    "technician": "技师(士)",
    "village": "乡村医生",
    "public_health": "公共卫生人员",
    "manager": "管理人员",
    "other": "其他人员",
}
STATES = {"working": "在职", "left": "离职"}
TITLES = {"1": "正高", "2": "副高", "3": "中级", "4": "师级", "5": "士级", "9": "无"}
TRANSFER_STATES = {"requested": "待接收", "accepted": "已接收", "refused": "已拒绝", "withdrawn": "已撤回"}
