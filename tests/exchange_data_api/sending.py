"""A hospital's sender for the kill test: signed uploads over HTTP, repeated under their message id until acknowledged.

Prints the number of every upload that was acknowledged. Runs until it is killed or has sent ``count`` uploads.
"""

from __future__ import annotations

import json
import sys
import time
import uuid

import requests

from health_platform.access.clients import signatures
from health_platform.access.clients.signatures import Signed, hmac_header

PATH = "/hclient/emr/receive/emrExLab"


def main(address: str, client: str, secret: str, first: int, count: int, rows: int) -> None:
    for number in range(first, first + count):
        body = json.dumps([row(number, at) for at in range(rows)]).encode()
        while not _acknowledged(address, client, secret, f"u{number}", body):
            time.sleep(0.1)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _acknowledged(address: str, client: str, secret: str, message_id: str, body: bytes) -> bool:
    signed = Signed("POST", PATH, "", body, str(int(time.time())), uuid.uuid4().hex, client)
    headers = {
        signatures.CLIENT: signed.client,
        signatures.TIME: signed.timestamp,
        signatures.NONCE: signed.nonce,
        signatures.SIGNATURE: hmac_header(signed, secret),
        "X-Message-Id": message_id,
        "Content-Type": "application/json",
    }
    try:
        answer = requests.post(address + PATH, data=body, headers=headers, timeout=60)
    except requests.RequestException:
        return False
    return answer.status_code == 200 and answer.json()["result"] is True


def row(number: int, at: int) -> dict[str, str]:
    """Row ``at`` of upload ``number``."""
    return {"id": f"{number}-{at}", "patientId": f"p{at % 7}", "examinationReportDate": "2026-03-01 08:00:00"}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], *(int(argument) for argument in sys.argv[4:]))
