"""Web sessions for the trials, which live for a minute and are registered for cleanup."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from handoff.doctor.doctor_shop_client import DoctorShopClient
from handoff.magento.checkout_probe import ShopSession, VisitedPage
from handoff.magento.http_transport import HttpResponse, find_cookie_value
from handoff.settings import Settings
from handoff.settings.store_view_models import StoreView
from handoff.shop_session.session_contents import (
    SessionSerializer,
    SessionValues,
    serialize_session,
)
from handoff.shop_session.store import SESSION_ID, generate_session_id, open_session_store

_LIFETIME = 60  # seconds
_SESSION = "guest session"


def write_session(
    shop: DoctorShopClient,
    entries: Mapping[str, SessionValues],
    serializer: SessionSerializer | None = None,
) -> str:
    """Write a session that lives for a minute and return its id; raise SessionStoreError.

    `serializer` replaces the format that is set.
    """
    data = serialize_session(entries, serializer or shop.settings.session_serializer)
    url, access = shop.settings.session_store_url, shop.settings.session_store_access
    session_id = generate_session_id()
    open_session_store(url, access, lifetime=_LIFETIME).add(session_id, data)
    _register_session(shop, session_id)
    return session_id


def open_page_with_session(
    shop: DoctorShopClient, store: StoreView, session_id: str, url: str | None = None
) -> tuple[VisitedPage, ...]:
    """Open checkout, or another page, with a session; return every page on the way."""
    site = shop.settings.build_store_site(store)
    pages = shop.checkout_probe.open_page(
        ShopSession(site, session_id),
        url or site.landing_url,
        deadline=shop.deadline,
        follow_redirects=True,
    )
    for page in pages:
        # Magento continues with a new id and keeps the old session for a while.
        _register_new_session(shop, page.response)
    return pages


def open_page_without_session(
    shop: DoctorShopClient, url: str, *, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Open a page, and register the session that the shop creates for it, if any."""
    response = shop.get(url, headers=headers)
    _register_new_session(shop, response)
    return response


def find_new_session_id(shop: DoctorShopClient, response: HttpResponse) -> str:
    """Return the id of the session that a page has made, empty if it has made none."""
    # PHP encodes a comma in a cookie.
    return unquote(find_cookie_value(response, shop.settings.session_cookie_name))


def _register_new_session(shop: DoctorShopClient, response: HttpResponse) -> None:
    session_id = find_new_session_id(shop, response)
    if SESSION_ID.fullmatch(session_id):
        _register_session(shop, session_id)


def get_session_file(settings: Settings, session_id: str) -> Path | None:
    """Return the file of a session, None if sessions are not in files."""
    url = settings.session_store_url
    return Path(url.path) / f"sess_{session_id}" if url.is_file_store else None


def _register_session(shop: DoctorShopClient, session_id: str) -> None:
    file = get_session_file(shop.settings, session_id)
    if shop.settings.session_store_url.is_database:
        shop.undo_stack.record_leftover(", left to PHP's own cleanup", thing=_SESSION)
    elif file is None:
        shop.undo_stack.record_leftover(", left to expire", thing=_SESSION)
    else:
        shop.undo_stack.defer("session file", lambda: file.unlink(missing_ok=True))
