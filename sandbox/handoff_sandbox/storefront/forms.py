from __future__ import annotations

import json
from hmac import compare_digest
from urllib.parse import unquote

from flask import request

from handoff_sandbox.storefront.visit import Visit


def genuine(visit: Visit) -> bool:
    """Tell whether the form came from a page of the shop; if not, leave a message."""
    field = request.form.get("form_key", "")
    if compare_digest(field.encode(), visit.form_key().encode()):
        return True
    say(visit, "error", "Invalid Form Key. Please refresh the page.")
    if request.cookies.get("X-Magento-Vary"):
        visit.cookies.append(visit.shop.cookies.no_vary())
    return False


def say(visit: Visit, kind: str, text: str) -> None:
    """Leave a message for the next page; the browser's script shows and clears it."""
    messages = [*_waiting(), {"type": kind, "text": text}]
    # PHP escapes slashes.
    packed = json.dumps(messages, separators=(",", ":")).replace("/", "\\/")
    visit.cookies.append(visit.shop.cookies.messages(packed))


def _waiting() -> list[object]:
    try:
        held = json.loads(unquote(request.cookies.get("mage-messages", "")))
    except ValueError:
        return []
    return held if isinstance(held, list) else []
