"""Files of other projects are unchanged and carry their licence."""

from __future__ import annotations

import hashlib
import tomllib

from browser_ui.assets import STATIC, asset

VENDOR = STATIC / "vendor"


def test_every_vendored_file_is_listed_with_its_hash() -> None:
    listed = {
        path: digest
        for package in tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8")).values()
        for path, digest in package["sha256"].items()
    }
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()} - {"vendor.toml"}
    assert set(listed) == present
    for path, digest in listed.items():
        assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == digest, path
    folders = {path.split("/")[0] for path in listed}
    assert all((VENDOR / folder / "LICENSE").is_file() for folder in folders)


def test_addresses_of_static_files_change_with_their_content() -> None:
    assert asset("css/base.css").startswith("/ui-static/css/base.css?v=")
