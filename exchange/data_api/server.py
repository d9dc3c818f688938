"""The data API on its own port: the platform's application, narrowed to the paths that hospitals' front ends need."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click
from gunicorn.app.base import BaseApplication

from exchange.data_api.answers import Answer
from exchange.data_api.routes import PREFIX
from health_platform.kernel import logs
from health_platform.kernel.errors import NotFound
from health_platform.kernel.platform import Platform
from health_platform.prepared import application_of
from health_platform.settings import Settings

OPEN_PATHS = (PREFIX, "/status.html")
_UNKNOWN = NotFound("request.not_found")


class Narrowed:
    """A WSGI application that answers only some paths; everything else on this port does not exist."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(OPEN_PATHS):
            body = json.dumps(Answer(False, "", "", _UNKNOWN.code, _UNKNOWN.message).facts(), ensure_ascii=False).encode()
            start_response("404 Not Found", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        return self._application(environ, start_response)  # type: ignore[no-any-return]


class DataApiServer(BaseApplication):
    """gunicorn over the narrowed application."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings = settings
        self._port = port
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._port}",
            "workers": self._settings.workers,
            "threads": 4,
            "worker_class": "gthread",
            "timeout": 60,
            "keepalive": 30,
            "max_requests": 50_000,
            "max_requests_jitter": 5_000,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Narrowed:
        logs.configure(self._settings.log_level)
        return Narrowed(application_of(self._settings))


@click.command("data-api")
@click.option("--port", type=int, default=None, help="Port; HP_DATA_API_PORT when not given.")
@click.make_pass_decorator(Platform)
def serve_data_api(platform: Platform, port: int | None) -> None:
    """Serve the hospital data API. Example: HP_DATA_API_PORT=8881 health-platform data-api"""
    DataApiServer(platform.settings, port or platform.settings.data_api_port).run()
