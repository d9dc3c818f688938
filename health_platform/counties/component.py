"""Registers virtual counties."""

from __future__ import annotations

from health_platform.counties import routes
from health_platform.counties.board import CountyBoard
from health_platform.kernel.platform import Capability, Platform


def install(platform: Platform) -> None:
    board = CountyBoard(platform.menus)
    platform.bind(CountyBoard, board)
    platform.authenticator(board.watch, first=True)
    platform.gate(board.check)
    platform.blueprint(routes.blp)
    note = "一张表单开通县区：名称、标识、管理员、菜单；未开通的功能在菜单、页面和接口均关闭；整县数据可迁出"
    platform.capability(Capability(("A03",), "health_platform/counties", "working", note))
