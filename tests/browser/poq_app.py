"""Poq's app around a web view: its bridge for each platform, and the messages that reach it."""

from __future__ import annotations

import json
from typing import Any

from tests.browser.web_view import WebView
from tests.running_servers import HOST
from tests.web_checkout.poq_assets import SCRIPT, VERSION, compute_integrity

ANDROID = """
window.android = { postMessage: (text) => {
  if (JSON.parse(text).name !== "ping") return;
  const settings = JSON.stringify({ version: "%s", integrity: "%s" });
  setTimeout(() => window.poqWebCheckout.postMessage("bridgesettings", settings), 50);
} };
"""


class PoqApp:
    """Poq's app with an open web view, and the messages that have reached it from any page."""

    def __init__(self, web_view: WebView, platform: str, integrity: str | None = None) -> None:
        self.web_view = web_view
        self.messages: list[list[Any]] = []
        integrity = integrity or compute_integrity(SCRIPT)
        context = web_view.page.context
        context.expose_function("recordMessage", self._record)
        if platform == "android":
            context.add_init_script(ANDROID % (VERSION, integrity))
        values = {"platform": "ios", "version": VERSION, "integrity": integrity}
        if platform == "ios":
            context.add_cookies(
                [
                    {"name": f"poq.webcheckout.{name}", "value": value, "url": f"http://{HOST}/"}
                    for name, value in values.items()
                ]
            )

    def get_payloads(self, name: str) -> list[Any]:
        """Return what the messages of one name carry."""
        return [[*message, None][1] for message in self.messages if message[0] == name]

    def wait_for(self, name: str, count: int = 1) -> list[Any]:
        """Wait until so many messages of one name have come, and return what they carry."""
        for _ in range(150):
            if len(self.get_payloads(name)) >= count:
                break
            self.web_view.page.wait_for_timeout(100)
        payloads = self.get_payloads(name)
        assert len(payloads) == count, self.messages
        return payloads

    def wait_for_orders(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the app has learned of so many orders, and return them."""
        return [payload["order"] for payload in self.wait_for("paymentcompleted", count)]

    def _record(self, message: str) -> None:
        self.messages.append(json.loads(message))
