"""Chinese words for what stands in the audit log as codes: actions are told by the endpoints that write them."""

from __future__ import annotations

from dataclasses import dataclass

from health_platform.kernel.platform import Platform

_ACTIONS = {
    "login": "登录",
    "logout": "退出",
    "etl.document.remove": "删除无主的图文文件",
    "integrity.tampered": "发现程序或页面被篡改",
}
_OBJECTS = {
    "batch": "上传批次",
    "break_glass": "紧急调阅",
    "client": "业务系统",
    "consent": "知情同意",
    "document": "文书",
    "family_proxy": "家庭代理",
    "grant": "授权",
    "launch_session": "工作站会话",
    "launch_ticket": "启动凭证",
    "level": "层级",
    "line": "条线",
    "person": "居民",
    "policy": "口令策略",
    "program": "程序与页面",
    "record": "健康档案",
    "resident_code": "居民验证码",
    "resident_session": "居民会话",
    "role": "角色",
    "session": "会话",
    "special": "特殊授权",
    "user": "账号",
    "visit": "就诊",
}


@dataclass(frozen=True)
class AuditWords:
    """Labels of actions and kinds of objects; a code without a label stands for itself."""

    actions: dict[str, str]
    objects: dict[str, str]

    def action(self, code: str) -> str:
        return self.actions.get(code, code)

    def object(self, code: str) -> str:
        return self.objects.get(code, code)

    def codes(self, text: str) -> list[str]:
        """Actions whose code is, or whose label contains, what was typed."""
        return sorted({code for code, label in self.actions.items() if text in label} | {text})

    def kinds(self, text: str) -> list[str]:
        """Kinds of objects whose code is, or whose label contains, what was typed."""
        return sorted({code for code, label in self.objects.items() if text in label} | {text})


def words_of(platform: Platform) -> AuditWords:
    """The words of this platform's endpoints."""
    if "audit.words" not in platform.services:
        platform.services["audit.words"] = _collected(platform)
    words: AuditWords = platform.services["audit.words"]
    return words


def _collected(platform: Platform) -> AuditWords:
    actions = {str(spec.audit): spec.label for _, spec in platform.endpoints if spec.audit}
    groups = {blueprint.name: str(blueprint.description or "").removesuffix("页面") for blueprint in platform.blueprints}
    return AuditWords(actions | _ACTIONS, {name: label for name, label in groups.items() if label} | _OBJECTS)
