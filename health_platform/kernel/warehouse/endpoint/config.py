"""The configuration files chDB reads at start: where backups may go, how much memory it may take."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from health_platform.kernel.warehouse.endpoint.layout import Layout, write_private

# chDB insists on a users file when it is given a configuration file; logins are checked by the endpoint itself.
_PROFILE = """<clickhouse>
    <profiles><default/></profiles>
    <users>
        <default>
            <password/><networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
            <profile>default</profile><quota>default</quota>
        </default>
    </users>
    <quotas><default/></quotas>
</clickhouse>
"""


def write_config(layout: Layout, memory_limit: int) -> None:
    """Write both files. ``memory_limit`` in bytes; 0 means the engine's default of 90 % of the machine."""
    values = {
        "user_directories/users_xml/path": str(layout.profile),
        "backups/allowed_path": f"{layout.backups}/",
    }
    if memory_limit:
        values["max_server_memory_usage"] = str(memory_limit)
    write_private(layout.profile, _PROFILE)
    write_private(layout.config, _document(values))


def _document(values: Mapping[str, str]) -> str:
    root = ElementTree.Element("clickhouse")
    for path, value in values.items():
        node = root
        for name in path.split("/"):
            found = node.find(name)
            node = found if found is not None else ElementTree.SubElement(node, name)
        node.text = value
    return ElementTree.tostring(root, encoding="unicode")
