"""Who started a navigation. A link must not be forced on somebody: they would shop as another."""

from __future__ import annotations

from flask import Request


def is_from_another_site(request: Request, *own: str) -> bool:
    """Say whether another website sent the browser here; `own` are the origins of ours.

    An app's own request has no such headers, or `Origin: null`, and passes.
    """
    if request.headers.get("Sec-Fetch-Site", "").lower() == "cross-site":
        return True
    if request.method != "POST":
        return False
    origin = request.headers.get("Origin", "null").lower()
    return origin not in ("null", *own)
