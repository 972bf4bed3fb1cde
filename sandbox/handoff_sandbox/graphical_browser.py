"""Opens a page in a graphical browser of the person who runs the demo, if there is one."""

from __future__ import annotations

import os
import sys
import webbrowser

# `webbrowser` also knows these, which would take over the terminal.
_TEXT_BROWSERS = ("elinks", "links", "lynx", "w3m", "www-browser")


def try_to_open_in_browser(url: str) -> bool:
    """Open a page, and return whether a browser took it. Without a display it does nothing."""
    if not _has_display():
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    name = os.path.basename(getattr(browser, "name", ""))
    if isinstance(browser, webbrowser.GenericBrowser) and name in _TEXT_BROWSERS:
        return False
    return browser.open(url)


def _has_display() -> bool:
    """Return whether a person sits in front of a screen. Continuous integration sets CI."""
    if os.environ.get("CI"):
        return False
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
