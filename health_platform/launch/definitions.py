"""Words and times of the launch."""

from __future__ import annotations

from datetime import timedelta

from health_platform.kernel.errors import register_messages

PURPOSES = {
    "TREAT": "门急诊诊疗",
    "INPATIENT": "住院诊疗",
    "FOLLOWUP": "随访管理",
    "REFERRAL": "转诊会诊",
    "PHYSICAL": "健康体检",
}
# Purposes a console user states before a record opens; emergencies go through break-glass of the access feature.
STATED_PURPOSES = {
    "QUALITY": "档案质量控制",
    "PUBLIC": "公共卫生管理",
    "COMPLAINT": "居民申请或投诉处理",
    "FOLLOWUP": "随访管理",
}
REVEAL_REASONS = {"TREAT": "当前诊疗需要", "IDENTITY": "身份核对", "CALL": "电话随访"}

TICKET_LIFE = timedelta(seconds=60)
NONCE_LIFE = timedelta(minutes=10)
CLOCK_SKEW = timedelta(seconds=120)
SESSION_IDLE = timedelta(minutes=15)
SESSION_LIFE = timedelta(minutes=60)
PURPOSE_LIFE = timedelta(minutes=30)
SEEN_STEP = timedelta(minutes=1)

TOKEN_PREFIX = "hpf_"  # noqa: S105 - a visible prefix, so that leaked tokens can be searched for
SIGNING_ALGORITHMS = ("ES384", "RS384", "PS384", "ES256", "RS256", "PS256", "EdDSA")

FRAME_PERMISSIONS = frozenset(
    {"prompts.check", "records.correction.ask", "records.print", "records.reveal", "records.view", "session"}
)

register_messages(
    {
        "launch.signature": "启动请求的签名无效",
        "launch.replayed": "启动请求已被使用过",
        "launch.clock": "启动请求的时间与平台相差过大",
        "launch.patient": "平台上没有找到该患者",
        "launch.ticket": "启动凭证无效或已过期，请从工作站重新打开",
        "launch.ticket_used": "启动凭证已被使用，相关会话已关闭，请从工作站重新打开",
        "launch.origin": "来源地址必须是 https://主机[:端口] 形式，不能含通配符",
        "launch.keys": "公钥必须是 JWK Set，且不含私钥",
        "launch.client_exists": "接入系统代码已存在",
        "launch.purpose": "请选择调阅原因",
    }
)
