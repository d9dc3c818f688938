"""A hospital's interface engine: registrations as ADT^A28, results as ORU^R01, over MLLP, waiting for each answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from typing import Any

START, END = b"\x0b", b"\x1c\r"


def compact(moment: str) -> str:
    """``2026-01-02 03:04:05`` as an HL7 time."""
    return moment.replace("-", "").replace(" ", "").replace(":", "")


def registration(facility: str, row: Mapping[str, Any], number: str) -> str:
    """ADT^A28 of a row of basics."""
    when = compact(row["operation_time"])
    numbers = f"{row['id']}^^^{facility}^MR"
    if row.get("id_card"):
        numbers += f"~{row['id_card']}^^^CHN^NI"
    sex = {"1": "M", "2": "F"}.get(row.get("gender_code", ""), "U")
    person = [
        "PID",
        "1",
        "",
        numbers,
        "",
        _text(row.get("patient_name", "")),
        "",
        row.get("birth_date", "").replace("-", ""),
        sex,
        "",
        "",
        _text(row.get("current_addr_detail", "")),
        "",
        _text(row.get("tel", "")),
    ]
    return "\r".join([_header(facility, "ADT^A28^ADT_A05", number, when), f"EVN|A28|{when}", "|".join(person), "PV1|1|N", ""])


def results(facility: str, report: Mapping[str, Any], items: Iterable[Mapping[str, Any]], number: str) -> str:
    """ORU^R01 of a laboratory report with its items."""
    when = compact(report["examination_report_date"])
    sampled = compact(report["specimen_sampling_date"])
    segments = [
        _header(facility, "ORU^R01^ORU_R01", number, when),
        f"PID|1||{report['patient_id']}^^^{facility}^MR||{_text(report.get('patient_name', ''))}",
        f"PV1|1|O|||||||||||||||||{report['serial_number']}",
        f"OBR|1||{report['id']}|LAB^{_text(report.get('examination_notes', '检验'))}|||{sampled}|||||||||||||||{when}|||F",
    ]
    for place, item in enumerate(items, 1):
        low, high = item.get("examination_quantification_lower", ""), item.get("examination_quantification_upper", "")
        flag = {"2": "H", "3": "L"}.get(item.get("examination_quantification_ri", ""), "N")
        segments.append(
            f"OBX|{place}|NM|{item.get('item_code', '')}^{_text(item.get('item_name', ''))}||{item['examination_quantification']}"
            f"|{_text(item.get('examination_quantification_unit') or '')}|{low}-{high}|{flag}|||F|||{when}"
        )
    return "\r".join([*segments, ""])


def _header(facility: str, kind: str, number: str, when: str) -> str:
    return f"MSH|^~\\&|HIS|{facility}|HP|XINYANG|{when}||{kind}|{number}|P|2.5.1|||AL|NE||UNICODE UTF-8"


def _text(text: str) -> str:
    for plain, escaped in (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("~", "\\R\\"), ("&", "\\T\\")):
        text = text.replace(plain, escaped)
    return text


class Interface:
    """One MLLP connection. ``send`` returns when the platform has stored the message."""

    def __init__(self, host: str, port: int, timeout: float = 60.0) -> None:
        self._socket = socket.create_connection((host, port), timeout)

    def send(self, messages: Iterable[bytes], pause: float = 0.0) -> int:
        """Send messages, several under way at once; returns how many were accepted. ``pause`` seconds pass before reading.

        Raises:
            ConnectionError: the platform closed the connection or refused a message.
        """
        texts = [START + message + END for message in messages]
        self._socket.sendall(b"".join(texts))
        time.sleep(pause)
        answers = self._answers(len(texts))
        refused = [answer for answer in answers if b"|AA|" not in answer and b"|CA|" not in answer]
        if refused:
            raise ConnectionError(f"{len(refused)} messages refused, first: {refused[0][:300]!r}")
        return len(texts)

    def _answers(self, count: int) -> list[bytes]:
        received = b""
        while received.count(END) < count:
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise ConnectionError("the platform closed the connection")
            received += piece
        return received.split(END)[:count]

    def close(self) -> None:
        self._socket.close()
