"""The tabs above every page of an application, with their figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from health_platform.engine.api import Application, Register, Workflow, counts, desk_of, open_alerts
from health_platform.kernel.http import Call


@dataclass(frozen=True)
class Tabs:
    """Makes the tabs of an application for a caller."""

    application: Application

    @property
    def base(self) -> str:
        """The address of the application's pages."""
        return f"/console/apps/{self.application.code}"

    def of(self, call: Call, part: Register | Workflow | None, current: str) -> dict[str, Any]:
        """What every template of the engine needs: the application, its tabs, the part shown."""
        desk = desk_of(call)
        items: list[tuple[str, str, bool]] = []
        register = part if isinstance(part, Register) else None
        for one in sorted(self.application.registers, key=lambda one: one.subject == "thing"):
            if call.principal.may(f"register.{one.code}.read"):
                items += self._register(call, one, current if one is register else "", counts(desk, one))
        for flow in self.application.workflows:
            if call.principal.may(f"workflow.{flow.code}.read"):
                items.append((flow.label, f"{self.base}/{flow.code}/cases", part is flow))
        items += self._whole(call, current)
        return {
            "application": self.application,
            "base": self.base,
            "tabs_shown": items,
            "register": register,
            "workflow": part if isinstance(part, Workflow) else None,
        }

    def _register(self, call: Call, register: Register, current: str, figures: dict[str, int]) -> list[tuple[str, str, bool]]:
        address = f"{self.base}/{register.code}"
        if register.subject == "thing":  # teams, packages: set up once, one tab each; their files are on the list
            return [(f"{register.label} {figures['active']}", f"{address}/members", bool(current))]
        people = [one for one in self.application.registers if one.subject == "person"]
        several = f"{register.label} " if len(people) > 1 else ""
        items = []
        if register.schedules:
            for which, label in (("overdue", "逾期"), ("due", "应办"), ("soon", "30天内")):
                items.append((f"{several}{label} {figures[which]}", f"{address}/tasks?which={which}", current == which))
        items.append((f"{several}名册 {figures['active']}", f"{address}/members", current == "members"))
        if figures["proposed"]:
            items.append((f"待确认 {figures['proposed']}", f"{address}/members?state=proposed", current == "proposed"))
        if register.schedules:
            items.append((f"{several}工作量", f"{address}/workload", current == "workload"))
        if call.principal.may(f"register.{register.code}.import"):
            items.append((f"{several}导入导出", f"{address}/files", current == "files"))
        return items

    def _whole(self, call: Call, current: str) -> list[tuple[str, str, bool]]:
        items = []
        if any(prompt.kept for prompt in self.application.prompts):
            waiting = open_alerts(desk_of(call), self.application.code)
            items.append((f"提醒 {waiting}", f"{self.base}/alerts", current == "alerts"))
        if self.application.indicators:
            items.append(("指标", f"{self.base}/indicators", current == "indicators"))
        if self.application.populations:
            items.append(("人口数", f"{self.base}/figures", current == "figures"))
        return items
