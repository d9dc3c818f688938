"""Public door of backup and restore.

A backup is a folder with one part per store (relational database, warehouse, documents, keys) and a ``manifest.json`` that
holds size, SHA-256 and, per table, the number of rows and a checksum over their contents. ``verify`` restores every part to
a scratch place and compares; only then the manifest says ``verified_at``.
"""

from health_platform.kernel.backup.commands import backup, restore
from health_platform.kernel.backup.manifest import Manifest, Part, read_manifest
from health_platform.kernel.backup.service import make_backup, restore_backup, verify_backup

__all__ = ["Manifest", "Part", "backup", "make_backup", "read_manifest", "restore", "restore_backup", "verify_backup"]
