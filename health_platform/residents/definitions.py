"""Words, times and limits of the resident portal."""

from __future__ import annotations

from datetime import timedelta

from health_platform.kernel.errors import register_messages

CODE_LIFE = timedelta(minutes=5)
CODE_WINDOW = timedelta(hours=1)
CODES_PER_WINDOW = 5
CODE_ATTEMPTS = 5
SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=8)
SEEN_STEP = timedelta(minutes=1)
ADULT_AGE = 18
PROXY_LIFE = timedelta(days=365)

COOKIE = "hp_resident"
TOKEN_PREFIX = "hpr_"  # noqa: S105 - a visible prefix, so that leaked tokens can be searched for
PATHS = ("/my", "/api/v1/resident")

PERMISSIONS = frozenset({"session", "resident.self"})

RELATIONS = {"child": "子女", "parent": "父母", "spouse": "配偶", "ward": "被监护人"}
PROXY_STATES = {"asked": "等待本人同意", "active": "已同意", "refused": "已拒绝", "ended": "已解除"}
OBJECTION_STATES = {"open": "处理中", "justified": "调阅有正当理由", "misuse": "确认违规"}

NEWS_KINDS = {"notice": "通知公告", "guide": "就医指南", "science": "健康科普", "season": "季节与疫情提示"}
NEWS_STATES = {"draft": "草稿", "shown": "已发布", "taken": "已撤下"}
NEWS_PAGE = 20

HIDEABLE = {
    "visit": "门诊与住院",
    "laboratory": "检验",
    "examination": "检查影像",
    "medication": "用药",
    "vaccination": "预防接种",
    "charge": "费用",
    "service": "公共卫生服务",
    "document": "病历文书",
    "mental": "精神心理",
    "reproductive": "生殖健康",
}
# What each choice means to the record service: sections of the record, or sensitive classes. Allergies are on no list.
CLASSES_OF = {
    "laboratory": ("lab", "lab_report"),
    "examination": ("exam",),
    "medication": ("drug",),
}

register_messages(
    {
        "resident.code": "验证码不正确或已过期",
        "resident.codes": "验证码请求过于频繁，请稍后再试",
        "resident.sender": "验证码服务暂不可用",
        "resident.session": "登录已失效，请重新登录",
        "resident.fixed_session": "请用手机验证码登录后再切换家庭成员",
        "resident.custody": "未能核实监护关系，请携带户口簿或出生医学证明到社区卫生服务中心办理",
        "resident.member": "未找到该居民，或姓名与证件号码不一致",
        "resident.self_member": "不能把自己添加为家庭成员",
        "resident.known_member": "已申请过该家庭成员",
        "resident.adult": "该成员已满 18 周岁，须由本人同意",
        "resident.audit": "没有这条调阅记录",
        "resident.objection": "这条调阅记录已提出过异议",
        "resident.answered": "该异议已有答复",
        "resident.news_state": "该资讯{state}，不能这样操作",
    }
)
