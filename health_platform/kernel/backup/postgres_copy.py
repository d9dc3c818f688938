"""Proving a copy of PostgreSQL's files: a copy of the copy is started as a private server and asked.

The scratch server takes no network connections, only those over a socket in a folder of its own, has no archiving and no other
duty of the server it was copied from, and is gone, files and all, at the end of the block.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from health_platform.kernel.errors import Upstream

_ACCOUNT = "postgres"
_START_SECONDS = 600  # a copy replays the log that was written while it was made
_CONFIGURATION = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{folder}'
hba_file = '{folder}/hba.conf'
ident_file = '{folder}/ident.conf'
max_connections = 20
archive_mode = off
fsync = off
"""


@contextmanager
def started(base: Path, url: URL, path_of: Callable[[str], str]) -> Iterator[URL]:
    """Run a server on a copy of the folder ``base`` and give the URL of ``url``'s database in it.

    Args:
        base: what ``pg_basebackup`` wrote; it is not changed.
        url: account and database to connect as.
        path_of: where a PostgreSQL tool lies.

    Raises:
        Upstream: the server does not start on these files.
    """
    # PostgreSQL refuses to run as root; its own account cannot reach into root's private folders.
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(dir=None if root else base.parent, prefix="verify-") as name:
        folder = Path(name)
        _prepare(base, folder, url.port or 5432)
        control = [*_as_account(folder, root), path_of("pg_ctl"), "--pgdata", str(folder / "data"), "--wait"]
        log = folder / "data" / "scratch.log"
        options = f"-c config_file={folder}/scratch.conf"
        try:
            _run([*control, "--timeout", str(_START_SECONDS), "--log", str(log), "--options", options, "start"], log)
            yield url.update_query_dict({"host": str(folder)})  # which counts for more than the host it names
        finally:
            subprocess.run([*control, "--mode=immediate", "stop"], capture_output=True, check=False, cwd="/")  # noqa: S603


def _prepare(base: Path, folder: Path, port: int) -> None:
    shutil.copytree(base, folder / "data")
    (folder / "data").chmod(0o700)
    (folder / "data" / "postgresql.auto.conf").unlink(missing_ok=True)  # settings of the server that was copied
    (folder / "scratch.conf").write_text(_CONFIGURATION.format(folder=folder, port=port), encoding="utf-8")
    (folder / "hba.conf").write_text("local all all trust\n", encoding="utf-8")
    (folder / "ident.conf").touch()


def _as_account(folder: Path, root: bool) -> list[str]:
    if not root:
        return []
    account = pwd.getpwnam(_ACCOUNT)
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, account.pw_uid, account.pw_gid)
    return ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--clear-groups"]


def _run(command: Sequence[str], log: Path) -> None:
    # The server inherits the streams of pg_ctl: pipes would stay open as long as it runs.
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/")  # noqa: S603
    if done.returncode:
        reason = log.read_text(encoding="utf-8", errors="replace")[-1000:] if log.exists() else "pg_ctl failed"
        raise Upstream("backup.tool", tool="postgres", reason=reason)
