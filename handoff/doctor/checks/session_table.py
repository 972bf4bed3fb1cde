"""Check: can the service write sessions to the shop's database, under the names the shop reads?"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from sqlalchemy import Engine, Executable, delete, false, func, literal, select, table, update
from sqlalchemy.exc import SQLAlchemyError

from handoff.doctor.check_context import CheckContext
from handoff.doctor.check_result import CheckResult, fault, ok, unknown, warning
from handoff.doctor.session_store_errors import SERVER_ERROR_TEXTS, explain_store_error
from handoff.doctor.trial_sessions import find_new_session_id, open_page_without_session
from handoff.settings.session_store_url import SessionStoreUrl
from handoff.shop_session.database_store import DatabaseSessionStore, open_database_store
from handoff.shop_session.store import SessionStoreError

_TIMEOUT = 5.0  # seconds; to search the table may take long
_RECENT = 600  # seconds; the clocks of shop and server may differ
_TRIES, _PAUSE = 4, 0.5  # PHP may write a session after its answer; the pause is in seconds

_COMPARE_TABLE = (
    "Compare HANDOFF_SESSION_STORE with dbname, table_prefix and session in the shop's "
    "app/etc/env.php."
)
_DERIVE_KEY = (
    "Derive the key anew with docs/deploy/derive-session-store-key.php, from the app/etc/env.php "
    "of this shop. After a rotation its last crypt key counts."
)
_ERROR_TEXTS = {
    **SERVER_ERROR_TEXTS,
    "AuthenticationError": (
        "It refuses the user name or password, or does not allow this user from this host.",
        "Set both in HANDOFF_SESSION_STORE, with '/', '#' and '@' %-encoded.",
    ),
    "DatabaseMissingError": ("There is no database of this name.", _COMPARE_TABLE),
    "DatabaseDeniedError": (
        "This user has no right in a database of this name.",
        f"{_COMPARE_TABLE} Then: {{grant}}",
    ),
    "TableMissingError": ("The database has no such table.", _COMPARE_TABLE),
    "NoPermissionError": (
        "It does not let this user insert rows, or there is no such table.",
        f"{_COMPARE_TABLE} Then: {{grant}}",
    ),
    "ReadOnlyError": (
        "It is a read-only replica: no shopper gets in.",
        "Set HANDOFF_SESSION_STORE to the primary.",
    ),
    "TooManyConnectionsError": (
        "It has no connection left.",
        "Raise max_connections of the server: each worker of Handoff may use 16.",
    ),
    "TlsError": (
        "It does not speak TLS.",
        "Switch TLS on in the server. On this machine alone, mysql:// is enough.",
    ),
    "SessionStoreKeyError": (
        "HANDOFF_SESSION_STORE_KEY_FILE is missing or not valid.",
        "See the check Settings.",
    ),
}


def check_session_table(context: CheckContext) -> Iterator[CheckResult]:
    """Insert a row and undo it, then check the rights, and the key by a session of the shop."""
    settings = context.settings
    url, access = settings.session_store_url, settings.session_store_access
    location = settings.session_store_url.description
    try:
        with closing(open_database_store(url, access, timeout=_TIMEOUT)) as store:
            store.check_writable()
            yield ok(f"{location}: a row was inserted, and undone.")
            yield _check_rights(store, url).with_name("Rights in the session store")
            yield _check_key(context, store).with_name("Key of the session store")
    except SessionStoreError as error:
        failed = explain_store_error(location, error, _ERROR_TEXTS)
        yield replace(failed, advice=failed.advice.format(grant=_build_grant(url)))


def _build_grant(url: SessionStoreUrl) -> str:
    user = url.username or "handoff"
    return f"`GRANT INSERT, SELECT ON {url.schema}.{url.table} TO '{user}'@'…'`"


def _check_rights(store: DatabaseSessionStore, url: SessionStoreUrl) -> CheckResult:
    """Try statements that need a right each, and that touch no row."""
    rows, other = store.table, table(f"{url.table.removesuffix('session')}core_config_data")
    statements = {
        "change sessions": update(rows).values(session_expires=0).where(false()),
        "read other tables": select(literal(1)).select_from(other).where(false()),
    }
    allowed = [label for label, sql in statements.items() if _try_statement(store.engine, sql)]
    if allowed:
        return warning(
            f"The user has more rights than it needs. It may: {', '.join(allowed)}.",
            f"Create a user for Handoff alone: {_build_grant(url)}",
        )
    if not _try_statement(store.engine, select(*rows.c).where(false())):
        return warning(
            "It may not read the session of a checkout preflight. So a password change between "
            "a transfer and checkout does not end the customer's session.",
            f"If customers are transferred, give it the right to SELECT: {_build_grant(url)}",
        )
    if _try_statement(store.engine, delete(rows).where(false())):
        return ok("It may insert, read and delete sessions, and do nothing else.")
    return ok("It may insert and read sessions, and do nothing else.")


def _try_statement(engine: Engine, statement: Executable) -> bool:
    """Execute a statement and return whether the server allowed it."""
    try:
        with engine.begin() as connection:
            connection.execute(statement)
    except SQLAlchemyError:
        return False
    return True


def _check_key(context: CheckContext, store: DatabaseSessionStore) -> CheckResult:
    """Make the shop write a session, and look for its row under the name that our key gives."""
    # Magento keeps the form key of the cookie in the session, so it marks the row.
    marker = "".join(secrets.choice(string.ascii_letters) for _ in range(16))
    site = context.settings.build_store_site(context.default_store)
    headers = {"Cookie": f"form_key={marker}"}
    response = open_page_without_session(context.shop, site.checkout_url, headers=headers)
    session_id = find_new_session_id(context.shop, response)
    if not session_id:
        return unknown("The shop sets no session cookie.", "See the check Cookie's name.")
    for _ in range(_TRIES):
        if store.probe_for_row(session_id):
            return ok(
                "The shop's own session has the name that the key gives. The key is derived from "
                "the crypt key, and opens nothing that is encrypted with it."
            )
        time.sleep(_PAUSE)
    return _explain_missing_row(store, marker)


def _explain_missing_row(store: DatabaseSessionStore, marker: str) -> CheckResult:
    """Search the latest sessions for the marked one."""
    columns = store.table.c
    is_marked = func.locate(marker, func.from_base64(columns.session_data)) > 0
    is_recent = columns.session_expires > func.unix_timestamp() - _RECENT
    query = select(func.count()).select_from(store.table).where(is_recent, is_marked)
    try:
        with store.engine.begin() as connection:
            is_in_table = connection.execute(query).scalar_one() > 0
    except SQLAlchemyError:
        return fault(
            "The table has no session under the name that the key gives for a session that the "
            "shop has just written: the key or the table is wrong. SELECT would show which one.",
            f"{_DERIVE_KEY} {_COMPARE_TABLE}",
        )
    if is_in_table:
        return fault(
            "The shop keeps its sessions in this table, but under other names: "
            "HANDOFF_SESSION_STORE_KEY_FILE is not from the shop's current crypt key.",
            _DERIVE_KEY,
        )
    return fault(
        "The shop does not keep its sessions in this table: one that it has just written is not "
        "there.",
        _COMPARE_TABLE,
    )
