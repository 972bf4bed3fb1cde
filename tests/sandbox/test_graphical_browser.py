"""The demo opens its phone where a person sits in front of a screen, and nowhere else."""

from __future__ import annotations

import webbrowser

import pytest
from handoff_sandbox.graphical_browser import try_to_open_in_browser

URL = "http://127.0.0.1:8002"


class RecordingBrowser(webbrowser.GenericBrowser):
    """A browser that only remembers what it opens."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        return True


@pytest.mark.parametrize(
    ("environment", "name", "opened"),
    [
        ({"DISPLAY": ":0"}, "/usr/bin/firefox", [URL]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "chromium", [URL]),
        ({"DISPLAY": ":0", "CI": "true"}, "firefox", []),
        ({"DISPLAY": ""}, "firefox", []),
        ({}, "firefox", []),
        ({"DISPLAY": ":0"}, "/usr/bin/w3m", []),
        ({"DISPLAY": ":0"}, "www-browser", []),
    ],
)
def test_a_page_opens_in_a_graphical_browser_only(
    environment: dict[str, str], name: str, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "CI"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.platform", "linux")
    browser = RecordingBrowser(name)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    assert try_to_open_in_browser(URL) is bool(opened)
    assert browser.opened == opened


def test_a_machine_without_a_browser_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(webbrowser, "get", _raise_error)
    assert try_to_open_in_browser(URL) is False


def _raise_error() -> webbrowser.BaseBrowser:
    raise webbrowser.Error("could not locate runnable browser")
