"""Views of the record by role, department and disease: which cards, in which order, which laboratory items first.

Allergies and critical values are part of the banner, not cards: no view can leave them out.
"""

from __future__ import annotations

from dataclasses import dataclass

CARDS = {
    "life": "生命历程",
    "problems": "健康问题",
    "visits": "近期就诊",
    "labs": "关键检验",
    "drugs": "用药",
    "exams": "检查影像",
    "services": "公共卫生服务",
}


@dataclass(frozen=True)
class View:
    """One view.

    Attributes:
        stacks: three columns of cards, most important first.
        first: words of laboratory items, examinations or problems that come first.
        departments: words in a department's name that make this its first view.
    """

    key: str
    label: str
    stacks: tuple[tuple[str, ...], ...] = (("problems", "visits"), ("labs",), ("drugs", "exams"))
    wide: tuple[str, ...] = ("services",)
    first: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


VIEWS = (
    View("general", "通用"),
    View("emergency", "急诊", (("drugs", "problems"), ("labs",), ("visits", "exams")), departments=("急诊", "ICU", "重症")),
    View(
        "cardiology", "心血管", (("problems", "drugs"), ("labs",), ("exams", "visits")),
        first=("INR", "BNP", "肌钙", "胆固醇", "脂蛋白", "钾", "心", "冠", "血压"), departments=("心内", "心血管", "心脏"),
    ),
    View(
        "diabetes", "糖尿病", (("problems", "visits"), ("labs",), ("drugs", "services")), wide=("exams",),
        first=("糖化", "血糖", "葡萄糖", "肌酐", "尿", "胆固醇", "糖尿"), departments=("内分泌",),
    ),
    View(
        "kidney", "肾病", (("problems", "visits"), ("labs",), ("drugs", "exams")),
        first=("肌酐", "eGFR", "尿素", "钾", "尿", "血红蛋白"), departments=("肾",),
    ),
    View(
        "maternal", "妇幼保健", (("services", "visits"), ("labs",), ("exams", "drugs")), wide=("problems",),
        first=("血红蛋白", "孕", "产", "HBsAg", "甲状腺", "血糖"), departments=("妇", "产", "儿", "保健"),
    ),
    View(
        "infection", "传染病", (("problems", "visits"), ("labs",), ("exams", "drugs")),
        first=("白细胞", "C反应", "抗体", "核酸", "结核", "肝炎"), departments=("感染", "传染", "疾控", "发热"),
    ),
    View("nursing", "护理", (("drugs", "problems"), ("labs",), ("visits", "services")), wide=("exams",), departments=("护理",)),
    View(
        "public_health", "基层公卫", (("services", "problems"), ("labs",), ("visits", "drugs")), wide=("exams",),
        first=("血压", "血糖", "糖化", "胆固醇"), departments=("公卫", "全科", "社区", "卫生院", "村"),
    ),
)  # fmt: skip
BY_KEY = {view.key: view for view in VIEWS}


def view_for(department: str) -> View:
    """The first view whose departments fit; the general one otherwise."""
    fitting = (view for view in VIEWS if any(word in department for word in view.departments))
    return next(fitting, VIEWS[0])


def ranked(name: str, view: View) -> int:
    """0 for what the view puts first, 1 for the rest: a sort key that keeps the given order otherwise."""
    return 0 if any(word in name for word in view.first) else 1
