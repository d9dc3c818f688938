"""The kinds of resources and what is asked of each; the Chinese labels are what people see."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """One more fact about a resource of some kind; ``kind`` is text, number or day."""

    name: str
    label: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind of resource. ``unit`` is what is counted; ``system`` is the code system its classes come from, if any."""

    code: str
    label: str
    unit: str
    system: str | None = None
    details: tuple[Detail, ...] = ()


KINDS = {
    kind.code: kind
    for kind in (
        ResourceKind(
            "specialty",
            "重点专科",
            "个",
            "front_department",
            (Detail("level", "级别"), Detail("approved_by", "批准单位"), Detail("approved_on", "批准日期", "day")),
        ),
        ResourceKind(
            "bed",
            "床位",
            "张",
            "front_department",
            (Detail("planned", "编制床位", "number"), Detail("negative_pressure", "负压床位", "number")),
        ),
        ResourceKind(
            "clinic", "转诊门诊号源", "号/日", "front_department", (Detail("session", "出诊时段"), Detail("doctor", "出诊医师"))
        ),
        ResourceKind(
            "equipment",
            "大型设备",
            "台",
            "resource_equipment",
            (
                Detail("model", "型号"),
                Detail("maker", "生产企业"),
                Detail("licence", "配置许可证号"),
                Detail("price", "购置金额(元)", "number"),
            ),
        ),
        ResourceKind(
            "vehicle", "车辆", "辆", "resource_vehicle", (Detail("plate", "车牌号"), Detail("crew", "随车人员数", "number"))
        ),
        ResourceKind(
            "place",
            "业务用房",
            "平方米",
            "resource_place",
            (Detail("storey", "层数", "number"), Detail("built_on", "建成日期", "day")),
        ),
    )
}
