"""The script of the entry page, which posts the form: it is inside the page.

A script in a file of its own would cost the shopper one more round trip before checkout. The
Content-Security-Policy allows exactly this text, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from markupsafe import Markup

from handoff.resource_folders import find_resource_folder


@cache
def read_inline_script() -> Markup:
    """Return the text between the tags of the script; it is not escaped."""
    text = (find_resource_folder("templates") / "post_form.js").read_text("utf-8")
    return Markup(text)  # noqa: S704 - a file of this product


def build_script_source() -> str:
    """Return the source for `script-src` that allows the script."""
    digest = hashlib.sha256(read_inline_script().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
