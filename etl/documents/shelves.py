"""Places for sealed files: a local folder, or a bucket spoken to by the S3 API."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from etl.documents.store import Shelf


class Folder:
    """Files under a folder. A file appears whole and durable, or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, name: str, data: bytes) -> None:
        """See :class:`Shelf`."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with open(unfinished, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(target)
            _sync_folder(target.parent)
        finally:
            unfinished.unlink(missing_ok=True)

    def read(self, name: str, start: int, length: int) -> bytes:
        """See :class:`Shelf`."""
        with open(self._root / name, "rb") as file:
            file.seek(start)
            return file.read(length)

    def exists(self, name: str) -> bool:
        """See :class:`Shelf`."""
        return (self._root / name).is_file()

    def remove(self, name: str) -> None:
        """See :class:`Shelf`."""
        (self._root / name).unlink(missing_ok=True)


class Bucket:
    """Objects of an S3 bucket under a prefix. Endpoint and credentials come from the usual AWS configuration."""

    def __init__(self, bucket: str, prefix: str, client: Any = None) -> None:
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._client = client or boto3.client("s3")

    def write(self, name: str, data: bytes) -> None:
        """See :class:`Shelf`."""
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=data)

    def read(self, name: str, start: int, length: int) -> bytes:
        """See :class:`Shelf`."""
        wanted = f"bytes={start}-{start + length - 1}"
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(name), Range=wanted)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise FileNotFoundError(name) from error
            raise
        return bytes(answer["Body"].read())

    def exists(self, name: str) -> bool:
        """See :class:`Shelf`."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return False
            raise
        return True

    def remove(self, name: str) -> None:
        """See :class:`Shelf`. Where the bucket keeps old versions, how long is for its own rules to say."""
        self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def shelf_of(setting: str, home: Path) -> Shelf:
    """The shelf a setting names: a folder, ``s3://bucket/prefix``, or ``documents`` under the home folder when empty."""
    parts = urlsplit(setting)
    if parts.scheme == "s3":
        return Bucket(parts.netloc, parts.path)
    return Folder(Path(setting) if setting else home / "documents")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
