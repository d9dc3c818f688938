"""The frame around every page: name, menu, unit, notices. Built once per request from the principal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import get_flashed_messages, request, url_for

from health_platform.access.api import MenuBoard
from health_platform.counties.api import CountyBoard
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal


@dataclass(frozen=True)
class Link:
    """One entry of the menu."""

    label: str
    href: str


@dataclass(frozen=True)
class Group:
    """A heading of the menu and the links under it."""

    label: str
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Notice:
    """One line above the content; ``kind`` is ok, warn, bad or empty."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Frame:
    """What ``base.html`` shows around the content."""

    name: str
    unit: str = ""
    logo: str = ""
    home: str = "/console"
    here: str = ""
    menu: tuple[Group, ...] = ()
    notices: tuple[Notice, ...] = ()
    version: str = ""


def frame_of(platform: Platform, principal: Principal) -> Frame:
    """The frame of a page for this caller."""
    board: CountyBoard | None = platform.services.get(CountyBoard.__qualname__)
    county = board.front_of(principal) if board else None
    chosen = county.menus if county else frozenset[str]()
    menu = arranged_menu(platform, principal, chosen) or offered_menu(platform, principal, chosen)
    return Frame(
        name=county.name if county else platform.settings.title,
        logo=county.logo if county else "",
        unit=principal.institution_name,
        here=current_link(menu, request.path),
        menu=menu,
        notices=notices(),
    )


def arranged_menu(platform: Platform, principal: Principal, chosen: frozenset[str]) -> tuple[Group, ...]:
    """The menu as an administrator arranged it; empty before anything was arranged.

    ``chosen`` are the keys a county has; none means all.
    """
    board: MenuBoard | None = platform.services.get(MenuBoard.__qualname__)
    shown = [item for item in (board.visible(principal) if board else ()) if not chosen or item.key in chosen]
    headings = dict.fromkeys(item.heading for item in shown)
    return tuple(
        Group(heading, tuple(Link(item.label, item.url) for item in shown if item.heading == heading)) for heading in headings
    )


def offered_menu(platform: Platform, principal: Principal, chosen: frozenset[str]) -> tuple[Group, ...]:
    """The menu entries whose permission the caller holds, grouped by their path, in their order."""
    mine = [item for item in platform.menus.values() if principal.may(item.permission) and (not chosen or item.key in chosen)]
    ordered = sorted(mine, key=lambda item: (item.order, item.label))
    paths = dict.fromkeys(item.path for item in ordered)
    return tuple(Group(path, tuple(Link(item.label, item.url) for item in ordered if item.path == path)) for path in paths)


def notices() -> tuple[Notice, ...]:
    """The messages left by the previous request (Post/Redirect/Get)."""
    found = cast("Iterable[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return tuple(Notice(text, "" if kind == "message" else kind) for kind, text in found)


def current_link(menu: tuple[Group, ...], path: str) -> str:
    """The address of the menu entry a page belongs to: the longest one that is the path or a folder above it."""
    addresses = (link.href for group in menu for link in group.links)
    matching = [href for href in addresses if path == href or path.startswith(href.rstrip("/") + "/")]
    return max(matching, key=len, default="")


def here_with(**changes: Any) -> str:
    """The present address with some query arguments changed; ``None`` drops one."""
    arguments: Mapping[str, Any] = {**request.args.to_dict(flat=False), **changes}
    kept = {name: value for name, value in arguments.items() if value is not None}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept)
