"""One frozen ``Settings``: the only reader of the environment.

Every setting is an ``HP_`` variable; an unknown ``HP_`` variable is an error, because a misspelt security setting that is
silently ignored is worse than a refused start. ``docs/reference/settings.md`` is generated from ``FIELDS_OF_SETTINGS``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from health_platform.kernel.errors import Invalid
from health_platform.kernel.warehouse.settings import WarehouseSettings, parse_servers


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Settings:
    """All start-up parameters. Values that change while the platform runs live in the database (A18)."""

    home: Path = _setting(Path("var"), "Folder of all data the platform keeps on this machine.")
    database_url: str = _setting("", "SQLAlchemy URL; empty means SQLite in HP_HOME.")
    database_app_role: str = _setting("", "PostgreSQL role the application switches to; row security is forced for it.")
    warehouse: str = _setting("local", "'local' (embedded endpoint) or host:port[,host:port...] of ClickHouse.")
    warehouse_database: str = _setting("health", "ClickHouse database.")
    warehouse_user: str = _setting("default", "ClickHouse user (remote only).")
    warehouse_password: str = _setting("", "ClickHouse password (remote only).")
    warehouse_cluster: str = _setting("", "ClickHouse cluster name; empty means a single node.")
    components: str = _setting(
        "registry,empi,etl,exchange,applications,browser_ui,demonstration", "Components to install: the deployment profile."
    )
    title: str = _setting("区域全民健康信息平台", "Name shown on every page.")
    city_division: str = _setting(
        "411500000000",
        "12-digit division code of the region this platform serves: a city, or a county on a platform of its own. Whoever"
        " answers for it decides what holds for all.",
    )
    timezone: str = _setting("Asia/Shanghai", "Zone of local dates.")
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: int = _setting(8080, "Port of the web server.")
    workers: int = _setting(2, "Web processes.")
    public_url: str = _setting("", "URL people use, when a proxy stands in front.")
    secure_cookies: bool = _setting(False, "Cookies only over TLS; switch on behind a TLS proxy.")
    trusted_proxies: str = _setting("", "Comma-separated addresses whose forwarding and certificate headers count.")
    max_upload_bytes: int = _setting(10_485_760, "Largest request body in bytes.")
    gather_ms: int = _setting(
        4_000,
        "Milliseconds an upload rests before it is loaded: what comes within them, of all institutions, costs one load. Deadlines"
        " of uploads are hours; whoever must read a row sooner than some seconds after it was acknowledged sets less.",
    )
    document_store: str = _setting("", "Folder or s3://bucket/prefix of stored documents; empty means HP_HOME/documents.")
    data_api_port: int = _setting(8881, "Port of the hospital data API.")
    mllp_port: int = _setting(2575, "Port of the HL7 v2 MLLP listener.")
    node: int = _setting(0, "Number 0..15 of this machine when several machines run one platform.")
    log_level: str = _setting("INFO", "Least severe log level written.")
    demonstration: bool = _setting(False, "Demonstration aids: codes are printed, not sent. Never in production.")

    @property
    def database(self) -> str:
        """The effective SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.home / 'platform.db'}"

    @property
    def warehouse_access(self) -> WarehouseSettings:
        """Where the warehouse is and how to log in."""
        return WarehouseSettings(
            home=self.home / "warehouse",
            servers=parse_servers(self.warehouse),
            database=self.warehouse_database,
            user=self.warehouse_user,
            password=self.warehouse_password,
            cluster=self.warehouse_cluster,
        )

    @property
    def component_names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.components.split(",") if name.strip())


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read settings from an environment mapping.

    Raises:
        Invalid: an ``HP_`` variable is unknown or its value does not fit its type.
    """
    known = {f"HP_{f.name.upper()}": f for f in dataclasses.fields(Settings)}
    given = {name: value for name, value in environ.items() if name.startswith("HP_")}
    if unknown := sorted(set(given) - set(known)):
        raise Invalid("settings.unknown", names=unknown, known=sorted(known))
    values = {known[name].name: _parse(name, known[name], text) for name, text in given.items()}
    return _absolute(Settings(**values))


def _absolute(settings: Settings) -> Settings:
    return dataclasses.replace(settings, home=settings.home.expanduser().absolute())


def _parse(name: str, spec: dataclasses.Field[Any], text: str) -> Any:
    try:
        return _PARSERS[str(spec.type)](text)
    except ValueError as error:
        raise Invalid("settings.value", name=name, value=text, expected=str(spec.type)) from error


def _parse_bool(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.strip().lower() not in words:
        raise ValueError(text)
    return words[text.strip().lower()]


_PARSERS: dict[str, Any] = {"str": str, "int": int, "bool": _parse_bool, "Path": Path}
