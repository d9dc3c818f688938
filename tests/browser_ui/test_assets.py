"""Static files: compressed where that is safe, kept for ever, and nothing outside the folder."""

from __future__ import annotations

import gzip

import pytest
from flask import Flask

from browser_ui.assets import BUNDLES, PREFIX, STATIC, asset, content, serve


@pytest.fixture
def app() -> Flask:
    made = Flask(__name__)
    made.add_url_rule(f"{PREFIX}/<path:path>", "serve", serve)
    return made


@pytest.mark.parametrize("path", [*BUNDLES, "js/ui.js", "css/base.css", "img/mark.svg"])
def test_a_text_is_the_same_compressed_and_plain(app: Flask, path: str) -> None:
    client = app.test_client()
    plain = client.get(asset(path))
    packed = client.get(asset(path), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data == content(path)
    assert packed.headers["Content-Encoding"] == "gzip" and "immutable" in packed.headers["Cache-Control"]
    assert plain.headers["Vary"] == "Accept-Encoding" and plain.mimetype == packed.mimetype


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_every_file_whole_and_in_order(name: str) -> None:
    whole = content(name)
    places = [whole.index((STATIC / part).read_bytes()) for part in BUNDLES[name]]
    assert places == sorted(places)


@pytest.mark.parametrize("path", ["../assets.py", "css/../../assets.py", "js/missing.js", "%2e%2e/assets.py"])
def test_nothing_else_is_served(app: Flask, path: str) -> None:
    assert app.test_client().get(f"{PREFIX}/{path}").status_code == 404


def test_the_record_stays_within_its_weight() -> None:
    """Of 60 KB for a whole page, scripts may be 40 and what every page shares at most 45, compressed."""
    weight = {name: len(gzip.compress(content(name), 9)) / 1024 for name in BUNDLES}
    assert weight["bundle/frame.js"] <= 40 and weight["bundle/frame.js"] + weight["bundle/record.css"] <= 45
