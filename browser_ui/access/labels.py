"""Columns and Chinese words of the access pages."""

from __future__ import annotations

from browser_ui.tables import Column

STATUS = {"active": ("正常", "ok"), "locked": ("已锁定", "bad"), "disabled": ("已停用", "warn"), "stopped": ("已停用", "warn")}
SPECIAL_STATE = {
    "requested": ("待审批", "warn"),
    "approved": ("生效", "ok"),
    "refused": ("已拒绝", "bad"),
    "ended": ("已终止", ""),
}
VERDICT = {"justified": ("理由成立", "ok"), "unjustified": ("理由不成立", "bad"), None: ("待复核", "warn")}
KINDS = {
    "function": ("功能", "info"),
    "menu": ("菜单", ""),
    "element": ("页面元素", ""),
    "field": ("字段", "warn"),
    "data": ("数据", "warn"),
}

USERS = (
    Column("login_name", "登录名", kind="mono", href="/console/access/users/{id}"),
    Column("real_name", "姓名"),
    Column("title", "职务"),
    Column("institution_name", "单位"),
    Column("division_code", "行政区划", kind="mono"),
    Column("status", "状态", kind="badge", badges=STATUS),
    Column("last_login_at", "最近登录", kind="moment"),
)
SESSIONS = (
    Column("real_name", "姓名"),
    Column("kind", "类型", kind="badge", badges={"console": ("控制台", ""), "embed": ("内嵌", "info")}),
    Column("methods", "鉴别方式"),
    Column("address", "地址", kind="mono"),
    Column("agent", "浏览器"),
    Column("created_at", "登录于", kind="moment"),
    Column("seen_at", "最近活动", kind="moment"),
)
ROLES = (
    Column("name", "角色", href="/console/access/roles/{id}"),
    Column("code", "代码", kind="mono"),
    Column("level", "层级"),
    Column("line", "条线"),
    Column("predefined", "预定义", kind="flag"),
    Column("count", "权限数", kind="number"),
    Column("note", "说明"),
)
GRANTS = (
    Column("what", "角色或权限"),
    Column("prefix", "区划", kind="mono"),
    Column("line", "条线"),
    Column("unit", "机构"),
    Column("may_use", "使用", kind="flag"),
    Column("may_grant", "授予", kind="flag"),
    Column("depth", "可转授", kind="number"),
    Column("valid_to", "有效期至", kind="moment"),
    Column("granted_at", "授予于", kind="moment"),
    Column("reason", "事由"),
)
SPECIALS = (
    Column("name", "被授权人"),
    Column("what", "范围"),
    Column("purpose", "用途"),
    Column("state", "状态", kind="badge", badges=SPECIAL_STATE),
    Column("requested_at", "申请于", kind="moment"),
    Column("valid_to", "有效期至", kind="moment"),
)
EMERGENCIES = (
    Column("actor_name", "医务人员"),
    Column("person_id", "居民编号", kind="mono"),
    Column("reason_label", "原因"),
    Column("reason", "情况说明"),
    Column("opened_at", "开启于", kind="moment"),
    Column("review_due", "复核期限", kind="moment"),
    Column("verdict", "复核", kind="badge", badges=VERDICT),
    Column("review_note", "复核意见"),
)
CLIENTS = (
    Column("code", "系统代码", kind="mono"),
    Column("name", "名称"),
    Column("institution_name", "机构"),
    Column("status", "状态", kind="badge", badges=STATUS),
    Column("proof", "鉴别方式"),
    Column("created_at", "登记于", kind="moment"),
)
MENUS = (
    Column("label", "名称"),
    Column("heading", "分组"),
    Column("url", "地址", kind="mono"),
    Column("permission", "所需权限", kind="mono"),
    Column("position", "次序", kind="number"),
    Column("shown", "显示", kind="flag"),
    Column("buttons_text", "按钮"),
)
