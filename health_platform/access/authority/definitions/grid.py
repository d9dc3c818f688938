"""The role grid every platform starts with (004 三(三)5). Both tables are edited in the console afterwards."""

from __future__ import annotations

# code, label; the position is that of the division levels in ``access.divisions``
LEVELS = (("province", "省"), ("city", "市"), ("county", "县"), ("township", "乡"), ("village", "村"))

LINES = (
    ("administration", "行政"),
    ("cdc", "疾控"),
    ("mch", "妇幼"),
    ("medical", "医疗"),
    ("supervision", "卫监"),
    ("emergency", "急救"),
    ("blood", "血站"),
)

# Administration oversees the work of every line: its roles are not narrowed to rows of a line of their own.
OVERSEEING = frozenset({"administration"})
