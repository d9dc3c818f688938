"""A real Chromium 80, which hospitals' workstation shells embed, driven over its own debugging pipe.

Playwright cannot drive a browser this old; the DevTools protocol it speaks can. ``./run chromium80`` fetches it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[2] / "var" / "chromium80"
BINARY = HOME / "chromium"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-zygote", "--single-process", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--lang=zh-CN", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 30.0
"""Seconds for one answer or one condition."""


class Page:
    """One page: commands of the protocol, and what went wrong in it (``faults``)."""

    def __init__(self, to: int, back: int) -> None:
        self.faults: list[str] = []
        self._to, self._back = to, back
        self._rest = b""
        self._number = 0
        self._session = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")

    def headers(self, headers: dict[str, str]) -> None:
        """Send these with every request."""
        self._call("Network.setExtraHTTPHeaders", headers=headers)

    def size(self, width: int, height: int) -> None:
        """The window, in CSS pixels."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def goto(self, url: str) -> None:
        """Open an address and wait until its scripts have run."""
        self._call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression; an exception in it fails the test."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true."""
        ends = time.monotonic() + _PATIENCE
        while not self.run(condition):
            assert time.monotonic() < ends, f"not within {_PATIENCE:.0f} s: {condition}; {self.faults}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press and release one key as a person would."""
        text = key if len(key) == 1 else ""
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, path: Path) -> None:
        """A picture of the window as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot")["data"]))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self._notice(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._back, 1 << 16)
            assert more, "Chromium 80 has gone"
            self._rest += more
        message, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(message))

    def _notice(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.faults.append(str(params["exceptionDetails"].get("exception", {}).get("description", params)))
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.faults.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")


@contextmanager
def chromium80(home: Path) -> Iterator[Page]:
    """A page in a browser of its own, ended afterwards; ``home`` is where it may write."""
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()

    def wire() -> None:
        # The pipe is file descriptors 3 and 4; copies beyond 10 first, lest one end overwrites the other.
        into, out = os.dup(read_commands), os.dup(write_answers)
        os.dup2(into, 3)
        os.dup2(out, 4)

    environment = {**os.environ, "HOME": str(home)}
    process = subprocess.Popen(
        [str(BINARY), *_FLAGS, f"--user-data-dir={home}"], preexec_fn=wire, close_fds=False, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(read_commands)
    os.close(write_answers)
    try:
        yield Page(commands, answers)
    finally:
        process.kill()
        process.wait()
        os.close(commands)
        os.close(answers)
