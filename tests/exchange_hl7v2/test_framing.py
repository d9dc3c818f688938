"""MLLP framing under every way bytes can arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.hl7v2.framing import Decoder, Frame, FramingFault, frame

pytestmark = pytest.mark.system("A11")

CONTENT = st.binary(min_size=1, max_size=60).filter(lambda data: not set(data) & {0x0B, 0x1C} and data.strip(b"\r\n \t\x00"))


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


@given(st.lists(CONTENT, max_size=6), st.lists(st.integers(0, 500), max_size=12))
def test_any_cut_gives_the_same_frames(contents: list[bytes], cuts: list[int]) -> None:
    decoder = Decoder(1000)
    found = [item for part in split(b"".join(map(frame, contents)), cuts) for item in decoder.feed(part)]
    assert found == [Frame(content) for content in contents]
    assert not decoder.partial


@given(st.binary(max_size=400), st.lists(st.integers(0, 500), max_size=8))
def test_any_bytes_are_survived(data: bytes, cuts: list[int]) -> None:
    decoder = Decoder(100)
    for part in split(data, cuts):
        for item in decoder.feed(part):
            assert isinstance(item, Frame | FramingFault)
    decoder.feed(b"")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x0b\x0bMSH\x1c\r", [Frame(b"MSH")]),
        (b"\x0bone\x0btwo\x1c\r", [FramingFault("restarted", b"one"), Frame(b"two")]),
        (b"\x0bone\x1c\x0btwo\x1c", [Frame(b"one"), Frame(b"two")]),
        (b"\r\n\x0bone\x1c\r\n\r\n\x0btwo\x1c\r", [Frame(b"one"), Frame(b"two")]),
        (b"GET / HTTP/1.1\r\n\x0bone\x1c\r", [FramingFault("noise", b"GET / HTTP/1.1\r\n"), Frame(b"one")]),
        (b"\x0b\x1c\r\x0b \r\x1c\r", []),
        (b"\x0b" + b"x" * 200, [FramingFault("too_large", b"x" * 200)]),
        (b"\x0b" + b"x" * 200 + b"\x1c\r", [FramingFault("too_large", b"x" * 200)]),
    ],
)
def test_faults_are_named(data: bytes, expected: list[object]) -> None:
    assert list(Decoder(100).feed(data)) == expected
