"""Words, times and scopes of delegated access."""

from __future__ import annotations

import re
from datetime import timedelta

from health_platform.kernel.errors import register_messages

FHIR_BASE = "/fhir/R4"
SMART_PREFIX, RESIDENT_PREFIX = "hps_", "hpo_"
HANDLE_LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(seconds=60)
SMART_LIFE = timedelta(minutes=30)
RESIDENT_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)

KINDS = {"smart": "SMART 应用（医师使用）", "resident": "居民小程序"}

# SMART App Launch 2.0 scopes we give: read and search of the patient in context, in the notation of version 1 too.
SMART_FIXED = ("launch", "openid", "profile")
SMART_SCOPE = re.compile(r"patient/(\*|[A-Z][A-Za-z]{2,39})\.(rs|r|s|read)")

# What a resident may give an app: lists of the own record, read only.
RESIDENT_SCOPES = {
    "record.visits": "就诊",
    "record.reports": "检验检查报告",
    "record.results": "检验结果",
    "record.medication": "用药",
    "record.vaccinations": "预防接种",
    "record.services": "公共卫生服务",
    "record.costs": "费用",
    "record.documents": "文书",
}

register_messages(
    {
        "oauth.app": "未找到该应用",
        "oauth.launch": "启动参数无效、已过期或已使用",
        "oauth.scope": "应用无权访问该内容",
        "oauth.scope_unknown": "不支持的授权范围 {scope}",
        "oauth.launch_uri": "SMART 应用须登记启动地址",
        "oauth.token": "应用的访问令牌无效或已过期",
    }
)
