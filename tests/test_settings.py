"""Settings are checked at start, all faults at once, and no message repeats a value."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from requests_oauthlib import OAuth1

from handoff.settings import (
    Settings,
    SettingsError,
    check_settings,
    find_unknown_names,
    load_settings,
)
from handoff.settings.session_store_url import SessionStoreUrl
from handoff.settings.store_view_models import StoreSite
from handoff.shop_client_factory import build_access_token
from handoff.webhooks.receivers import list_receivers
from tests.certificates import Authority

REQUIRED = {
    "HANDOFF_PUBLIC_URL": "https://www.shop.example/handoff",
    "HANDOFF_MAGENTO_URL": "https://www.shop.example",
    "HANDOFF_API_KEYS": "a-key-for-poq-alone",
    "HANDOFF_SECRET_KEY": "0123456789abcdef",
    "HANDOFF_SESSION_STORE": "redis://127.0.0.1:6379/2",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


def get_first_store_site(settings: Settings) -> StoreSite:
    return settings.build_store_site(settings.store_views.default)


def find_faults() -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings()
    return "\n".join(raised.value.faults)


def test_the_required_settings_are_enough() -> None:
    settings = load_settings()
    assert get_first_store_site(settings).session_cookie.domain == "www.shop.example"
    assert get_first_store_site(settings).session_cookie.secure is True
    assert get_first_store_site(settings).checkout_url == "https://www.shop.example/checkout/"
    assert get_first_store_site(settings).public_parts.path == "/handoff"
    assert settings.form_action_origins == ("https://www.shop.example",)
    assert [store.currency for store in settings.stores] == ["GBP"]
    assert (settings.link_ttl, settings.reopen_grace, settings.magento_timeout) == (300, 60, 8)


FIRST_KEY, SECOND_KEY = "the-first-of-two-keys", "the-second-of-two-keys"


def list_api_keys(settings: Settings) -> list[tuple[str, str]]:
    return [(known.caller, known.key.get_secret_value()) for known in settings.api_keys]


def test_each_api_key_belongs_to_a_named_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = f"poq/{FIRST_KEY}, poq/{SECOND_KEY}, staging-2/a:key:with:colons"
    monkeypatch.setenv("HANDOFF_API_KEYS", entries)
    settings = load_settings()
    assert list_api_keys(settings) == [
        ("poq", FIRST_KEY),
        ("poq", SECOND_KEY),
        ("staging-2", "a:key:with:colons"),
    ]
    assert FIRST_KEY not in repr(settings)


@pytest.mark.parametrize("key", ["poq:a-key-that-is-old", "a=b+c==:d@e;f&g-h", "x" * 16])
def test_a_key_without_a_name_belongs_to_poq_whatever_it_holds(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("HANDOFF_API_KEYS", key)
    assert list_api_keys(load_settings()) == [("poq", key)]


def test_a_short_api_key_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_API_KEYS", f"{FIRST_KEY},2short4this")
    assert "fewer than 16 characters. Create a longer key" in find_faults()
    assert "2short4this" not in find_faults()


def test_all_missing_settings_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in REQUIRED:
        monkeypatch.delenv(name)
    reported = find_faults()
    for name in REQUIRED:
        assert f"{name} is not set." in reported


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HANDOFF_PUBLIC_URL", "www.shop.example"),
        ("HANDOFF_PUBLIC_URL", "ftp://www.shop.example"),
        ("HANDOFF_PUBLIC_URL", "https://www.shop.example/?a=b"),
        ("HANDOFF_PUBLIC_URL", "https://www.shop.example:99999"),
        ("HANDOFF_MAGENTO_URL", "https://user:pass@www.shop.example"),
        # Neither stands in a header as it is, and the policy of every page names them.
        ("HANDOFF_STOREFRONT_URL", "https://www.żółw.example"),
        ("HANDOFF_SHOP_LOGO_URL", "https://www.shop.example/żółw.svg"),
        ("HANDOFF_CHECKOUT_PATH", "/zamówienie/"),
        ("HANDOFF_API_KEYS", ","),
        ("HANDOFF_API_KEYS", "short"),
        ("HANDOFF_API_KEYS", "a-key-of-8-to-15"[:15]),
        ("HANDOFF_API_KEYS", "poq/a-key-of-8-to-15"[:19]),
        ("HANDOFF_API_KEYS", "a-key-that-is-long-enough,with space in the key"),
        ("HANDOFF_API_KEYS", "Poq/a-key-that-is-long-enough"),
        ("HANDOFF_API_KEYS", "/a-key-that-is-long-enough"),
        ("HANDOFF_API_KEYS", f"{'x' * 33}/a-key-that-is-long-enough"),
        ("HANDOFF_API_KEYS", "poq/a-key-that-is-long/enough-with-a-slash"),
        ("HANDOFF_API_KEYS", "poq/a-key-that-is-long-enough,staging/a-key-that-is-long-enough"),
        ("HANDOFF_SECRET_KEY", "short"),
        ("HANDOFF_SECRET_KEY", "long enough, but with a comma"),
        ("HANDOFF_PREVIOUS_SECRET_KEYS", "short"),
        ("HANDOFF_SESSION_STORE", "memcached://host"),
        ("HANDOFF_SESSION_STORE", "file://relative/path"),
        ("HANDOFF_SESSION_STORE", "file:///path?user=www-data"),
        ("HANDOFF_TRANSFERS_PER_MINUTE", "-1"),
        ("HANDOFF_REFUSALS_PER_MINUTE", "many"),
        ("HANDOFF_DATABASE_URL", "mysql://host/db"),
        ("HANDOFF_DATABASE_URL", "sqlite:///:memory:"),
        ("HANDOFF_DATABASE_URL", "postgresql://handoff:SECRETPW@127.0.0.1/handoff"),
        ("HANDOFF_DATABASE_URL", "postgresql+psycopg://handoff:SECRETPW@127.0.0.1"),
        ("HANDOFF_DATABASE_URL", "postgresql+psycopg://handoff:SECRETPW@127.0.0.1:x/handoff"),
        ("HANDOFF_DATABASE_URL", "postgresql+psycopg://handoff:SECR@ETPW@127.0.0.1/handoff"),
        ("HANDOFF_DATABASE_URL", "postgresql+psycopg://handoff:1/SECR@ETPW@127.0.0.1/handoff"),
        ("HANDOFF_KEY_IN_PATH", "perhaps"),
        ("HANDOFF_INSTRUCTION", "both"),
        ("HANDOFF_INSTRUCTION_COOKIES", "not json"),
        ("HANDOFF_INSTRUCTION_COOKIES", '[{"name": "a"}]'),
        ("HANDOFF_INSTRUCTION_COOKIES", '[{"name":"a","value":"b","domain":"c","expires":1}]'),
        ("HANDOFF_INSTRUCTION_HEADERS", '[{"name": ""}]'),
        ("HANDOFF_LINK_TTL", "0"),
        ("HANDOFF_LINK_TTL", "soon"),
        ("HANDOFF_REOPEN_GRACE", "-1"),
        ("HANDOFF_STORES", "[]"),
        ("HANDOFF_STORES", '[{"currency": "GBP"}]'),
        ("HANDOFF_CUSTOMER_ACCOUNTS", "everywhere"),
        ("HANDOFF_CHECKOUT_PATH", "checkout"),
        ("HANDOFF_CHECKOUT_PATH", "//evil.example/"),
        ("HANDOFF_CHECKOUT_HOSTS", "pay.example; script-src *"),
        ("HANDOFF_MAGENTO_TIMEOUT", "0"),
        ("HANDOFF_SESSION_COOKIE_SAMESITE", "lax-ish"),
        ("HANDOFF_SESSION_COOKIE_NAME", "a b"),
        ("HANDOFF_APP_RETURN_URL", "javascript:alert(1)"),
        ("HANDOFF_SESSION_STORE", "redis://handoff:SECR[ETPW]x@127.0.0.1/2"),
        ("HANDOFF_SESSION_STORE", "redis://handoff:SECR\u2100ETPW@127.0.0.1/2"),
        ("HANDOFF_SESSION_STORE", "redis://:SECRETPW#x@127.0.0.1/2"),
        ("HANDOFF_SESSION_STORE", "redis://:SECRETPW/x@127.0.0.1/2"),
        ("HANDOFF_SESSION_STORE", "redis://127.0.0.1:6379/2?foo=bar"),
        ("HANDOFF_SESSION_STORE", "redis://127.0.0.1:6379/sessions"),
        ("HANDOFF_CHECKOUT_PATH", "/checkout/\r\nSet-Cookie: a=b"),
        ("HANDOFF_INSTRUCTION_HEADERS", '[{"name": "a b", "value": "c"}]'),
        ("HANDOFF_INSTRUCTION_HEADERS", '[{"name": "a", "value": "c\\r\\nd"}]'),
        ("HANDOFF_STORES", "[" * 5000),
        ("HANDOFF_MAGENTO_ADMIN_USERNAME", "admin"),
        ("HANDOFF_TRUSTED_PROXIES", "-1"),
        ("HANDOFF_TRUSTED_PROXIES", "nginx"),
        ("HANDOFF_MAGENTO_HOST", "www.shop.example/path"),
        ("HANDOFF_MAGENTO_CA_FILE", "/no/such/file"),
        ("HANDOFF_MAGENTO_CA_FILE", __file__),
        ("HANDOFF_SESSION_STORE_CA_FILE", __file__),
        ("HANDOFF_SESSION_STORE_CERT_FILE", __file__),
        ("HANDOFF_SESSION_COOKIE_LIFETIME", "59"),
        ("HANDOFF_SESSION_LIFETIME", "0"),
        ("HANDOFF_SESSION_STORE", "unix://host/run/redis.sock"),
        ("HANDOFF_SESSION_STORE", "unix:///run/redis.sock?db=two"),
        ("HANDOFF_SESSION_STORE", "unix:///run/redis.sock?ssl=true"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://a:26379,b:26379"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel:///the-sessions/2"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://a,,b/the-sessions/2"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://a?ssl=true/the-sessions/2"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://a/the-sessions/2?db=3"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://u:SECR#ETPW@a/the-sessions"),
        ("HANDOFF_SESSION_STORE", "redis+sentinel://u:SECR[ETPW@a/the-sessions"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host/"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@/shop"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECR@ETPW/x@host/shop"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@-host/shop"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host:0/shop"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@/shop?socket=relative.sock"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host/shop?socket=relative.sock"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host/shop?prefix=a-b"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host/shop?charset=utf8"),
        ("HANDOFF_SESSION_STORE", "mysql://u:SECRETPW@host/shop?socket=/run/mysqld.sock"),
        ("HANDOFF_SESSION_STORE_KEY_FILE", "/no/such/file"),
        ("HANDOFF_SESSION_STORE_KEY_FILE", __file__),
        ("HANDOFF_SENTINEL_PASSWORD", "SECRETPW"),
        ("HANDOFF_SENTINEL_USERNAME", "somebody"),
    ],
)
def test_an_invalid_value_is_reported_by_name_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    reported = find_faults()
    assert name in reported
    assert "ETPW" not in reported
    if len(value) > 6:
        assert value not in reported
    for line in reported.splitlines():
        assert line.startswith("HANDOFF_")


_LIBRARY_WORDS = ("Input should", "String should", "should match", "unable to", "valid ")
_ODD_VALUES = ("x", "-1", "1.5", "9" * 5000, "nan", "[]", "{}", "[1]", "[{}]", "null", "é" * 90)


@pytest.mark.fuzzing
@pytest.mark.parametrize("field", Settings.model_fields)
def test_no_fault_is_told_in_the_words_of_a_library(field: str) -> None:
    for value in _ODD_VALUES:
        faults = "\n".join(check_settings(**{field: value}).faults)
        assert [words for words in _LIBRARY_WORDS if words in faults] == [], value


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("LINK_TTL", "soon", "must be a whole number"),
        ("LINK_TTL", "90000", "must be 86,400 or less"),
        ("MAGENTO_TIMEOUT", "0", "must be more than 0"),
        ("METRICS", "perhaps", "must be true or false"),
        ("INSTRUCTION", "both", "must be 'url' or 'form'"),
        ("SESSION_COOKIE_NAME", "a b", "must be up to 64 letters, digits, _ and -"),
        ("SHOP_NAME", "x" * 81, "must have 80 characters or fewer"),
        ("INSTRUCTION_HEADERS", '[{"name": "a", "value": 1}]', "(entry 1, value): must be a text"),
    ],
)
def test_a_fault_says_what_a_valid_value_is(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    monkeypatch.setenv(f"HANDOFF_{name}", value)
    [message] = check_settings().faults
    assert message.startswith(f"HANDOFF_{name}")
    assert fault in message


def test_all_invalid_settings_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_LINK_TTL", "x")
    monkeypatch.setenv("HANDOFF_SECRET_KEY", "short")
    monkeypatch.delenv("HANDOFF_API_KEYS")
    reported = find_faults()
    for name in ("HANDOFF_LINK_TTL", "HANDOFF_SECRET_KEY", "HANDOFF_API_KEYS"):
        assert name in reported


def test_conflicts_between_settings_are_reported_together_with_invalid_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_LINK_TTL", "1")
    monkeypatch.setenv("HANDOFF_PUBLIC_URL", "https://handoff.elsewhere.example")
    monkeypatch.setenv("HANDOFF_MAGENTO_ADMIN_USERNAME", "admin")
    monkeypatch.delenv("HANDOFF_API_KEYS")
    reported = find_faults().splitlines()
    names = [line.split(":")[0].split(" ")[0] for line in reported]
    assert sorted(names) == [
        "HANDOFF_API_KEYS",
        "HANDOFF_LINK_TTL",
        "HANDOFF_MAGENTO_ADMIN_USERNAME",
        "HANDOFF_PUBLIC_URL",
    ]


@pytest.mark.parametrize(
    ("public_url", "domain", "fits"),
    [
        ("https://www.shop.example/handoff", "", True),
        ("https://handoff.shop.example", "", False),
        ("https://handoff.shop.example", ".shop.example", True),
        ("https://handoff.shop.example", "shop.example", True),
        ("https://www.shop.example", ".other.example", False),
        ("https://notshop.example", ".shop.example", False),
        ("http://www.shop.example/handoff", "", False),
    ],
)
def test_a_session_cookie_that_browsers_refuse_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, public_url: str, domain: str, fits: bool
) -> None:
    monkeypatch.setenv("HANDOFF_PUBLIC_URL", public_url)
    monkeypatch.setenv("HANDOFF_SESSION_COOKIE_DOMAIN", domain)
    if fits:
        assert get_first_store_site(load_settings()).session_cookie.domain
    else:
        assert "HANDOFF_" in find_faults()


def build_stores(*changes: dict[str, Any]) -> str:
    """Return HANDOFF_STORES with one store view for each of these changes."""
    return json.dumps(
        [
            {
                "currency": "GBP",
                "code": f"store_{number}",
                "store_id": number,
                "website_id": number,
                "website_code": f"site_{number}",
                **change,
            }
            for number, change in enumerate(changes, start=1)
        ]
    )


EU = "https://www.shop-eu.example"


@pytest.mark.parametrize(
    ("store", "reported"),
    [
        ({"url": f"{EU}/"}, "HANDOFF_PUBLIC_URL (store view store_2): no browser accepts"),
        ({"url": EU, "public_url": f"{EU}/handoff"}, ""),
        ({"url": EU, "public_url": "https://handoff.shop-eu.example"}, "no browser accepts"),
        (
            {
                "url": EU,
                "public_url": "https://handoff.shop-eu.example",
                "cookie_domain": ".shop-eu.example",
            },
            "",
        ),
        ({"url": EU, "public_url": f"{EU}/x", "cookie_domain": "shop.example"}, "does not cover"),
        ({"url": EU, "public_url": "http://www.shop-eu.example"}, "both http or both https"),
        ({"url": "https://www.shop.example/eu"}, ""),
        ({"url": "www.shop-eu.example"}, "HANDOFF_STORES (entry 2, url): must be"),
        ({"url": EU, "public_url": "https://"}, "HANDOFF_STORES (entry 2, public_url): must be"),
        ({"store_id": 1}, "lists a code or a store_id twice"),
        ({"code": "store_1"}, "lists a code or a store_id twice"),
        ({"website_id": 1}, "has a website_id with two codes"),
    ],
    ids=str,
)
def test_every_store_view_is_checked_for_a_session_cookie_that_browsers_accept(
    monkeypatch: pytest.MonkeyPatch, store: dict[str, Any], reported: str
) -> None:
    monkeypatch.setenv("HANDOFF_STORES", build_stores({}, store))
    if reported:
        assert reported in find_faults()
        assert "store_1)" not in find_faults()
    else:
        assert len(load_settings().stores) == 2


def test_stores_on_their_own_hosts_do_not_need_a_storefront_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_MAGENTO_URL", "http://magento.internal")
    own = {"url": EU, "public_url": f"{EU}/handoff"}
    monkeypatch.setenv("HANDOFF_STORES", build_stores({"url": "https://www.shop.example"}, own))
    settings = load_settings()
    assert settings.form_action_origins == ("https://www.shop.example", EU)
    assert (
        settings.store_sites.choose_by_code("store_2").session_cookie.domain
        == "www.shop-eu.example"
    )
    assert (
        settings.store_sites.choose_by_code("store_1").session_cookie.domain == "www.shop.example"
    )


def test_a_fault_of_stores_at_the_same_address_is_reported_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_STORES", build_stores({}, {"url": EU}, {"url": EU}))
    assert len(find_faults().splitlines()) == 1


def test_the_storefront_may_have_another_address_than_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_MAGENTO_URL", "http://magento.internal:8080")
    monkeypatch.setenv("HANDOFF_STOREFRONT_URL", "https://www.shop.example/")
    settings = load_settings()
    assert get_first_store_site(settings).checkout_url == "https://www.shop.example/checkout/"
    assert get_first_store_site(settings).session_cookie.domain == "www.shop.example"


@pytest.mark.parametrize(
    "address",
    [
        "unix:///run/redis/redis.sock?db=2",
        "unix://handoff:a-password@/run/redis/redis.sock",
        "redis+sentinel://a:26379,b:26379/the-sessions/2",
        "rediss+sentinel://handoff:a%2Fpassword@[::1],b/the-sessions",
        "valkey://handoff:a-password@10.0.0.5:6379/2",
        "valkey+sentinel://a:26379,b:26379/the-sessions/2",
    ],
)
def test_sockets_and_sentinels_are_session_store_urls(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HANDOFF_SESSION_STORE", address)
    assert "password" not in repr(load_settings().session_store_url)


@pytest.mark.parametrize(
    ("valkey", "redis"),
    [
        ("valkey://u:p@host:6380/2", "redis://u:p@host:6380/2"),
        ("VALKEYS://host", "rediss://host"),
        ("valkeys+sentinel://a,b/name/1", "rediss+sentinel://a,b/name/1"),
    ],
)
def test_valkey_is_redis_by_another_name(valkey: str, redis: str) -> None:
    assert SessionStoreUrl.parse(valkey) == SessionStoreUrl.parse(redis)


def write_session_store_key(folder: Path) -> Path:
    file = folder / "session-store.key"
    file.write_text("0123456789abcdef" * 8 + "\n")
    file.chmod(0o400)
    return file


def test_sessions_in_the_database_need_a_key_and_other_stores_have_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "mysql://handoff:a-password@db.shop.internal/shop?prefix=m2_"
    monkeypatch.setenv("HANDOFF_SESSION_STORE", url)
    assert "need HANDOFF_SESSION_STORE_KEY_FILE" in find_faults()
    monkeypatch.setenv("HANDOFF_SESSION_STORE_KEY_FILE", str(write_session_store_key(tmp_path)))
    settings = load_settings()
    assert settings.session_store_url.table == "m2_session"
    assert settings.session_store_url.hosts == (("db.shop.internal", 3306),)
    assert "a-password" not in repr(settings) + repr(settings.session_store_url)
    monkeypatch.setenv("HANDOFF_SESSION_STORE", "redis://127.0.0.1")
    assert "HANDOFF_SESSION_STORE_KEY_FILE has no effect" in find_faults()


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420])
def test_only_the_owner_may_read_the_session_store_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    file = write_session_store_key(tmp_path)
    file.chmod(mode)
    monkeypatch.setenv("HANDOFF_SESSION_STORE", "mysql://handoff@host/shop")
    monkeypatch.setenv("HANDOFF_SESSION_STORE_KEY_FILE", str(file))
    assert "for its owner alone: chmod 400" in find_faults()


@pytest.mark.parametrize("key", ["0123456789abcdef" * 2, "base64MDEyMzQ1Njc4OWFiY2RlZg==", ""])
def test_the_crypt_key_itself_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    file.chmod(0o400)
    monkeypatch.setenv("HANDOFF_SESSION_STORE", "mysql://handoff@host/shop")
    monkeypatch.setenv("HANDOFF_SESSION_STORE_KEY_FILE", str(file))
    reported = find_faults()
    assert "must not hold the crypt key itself" in reported
    assert not key or key not in reported


def test_memcached_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_SESSION_STORE", "memcached://127.0.0.1:11211")
    with pytest.raises(SettingsError, match="cannot be memcached: use Redis, Valkey, files or"):
        load_settings()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("store", "fits"),
    [
        ("redis://127.0.0.1", False),
        ("unix:///run/redis.sock", False),
        ("rediss://redis", True),
        ("mysql://handoff@host/shop", False),
        ("mysqls://handoff@host/shop", True),
    ],
)
def test_certificates_need_a_session_store_url_with_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: str, fits: bool
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("HANDOFF_SESSION_STORE", store)
    if store.startswith("mysql"):
        key_file = write_session_store_key(tmp_path)
        monkeypatch.setenv("HANDOFF_SESSION_STORE_KEY_FILE", str(key_file))
    monkeypatch.setenv("HANDOFF_SESSION_STORE_CA_FILE", str(authority.file))
    monkeypatch.setenv("HANDOFF_SESSION_STORE_CERT_FILE", str(authority.issue("handoff").both))
    if fits:
        assert load_settings().session_store_access.ca_file == str(authority.file)
        return
    reported = find_faults().splitlines()
    assert [line.split(" ")[0] for line in reported] == [
        "HANDOFF_SESSION_STORE_CA_FILE",
        "HANDOFF_SESSION_STORE_CERT_FILE",
    ]


@pytest.mark.parametrize(
    ("cookie", "own", "lives"),
    [("", "", 3600), ("7200", "", 7200), ("7200", "600", 600), ("0", "", 3600), ("0", "900", 900)],
)
def test_a_new_session_lives_as_long_as_its_cookie_unless_it_has_its_own_setting(
    monkeypatch: pytest.MonkeyPatch, cookie: str, own: str, lives: int
) -> None:
    monkeypatch.setenv("HANDOFF_SESSION_COOKIE_LIFETIME", cookie)
    monkeypatch.setenv("HANDOFF_SESSION_LIFETIME", own)
    assert load_settings().new_session_lifetime == lives


def test_urls_are_normalised_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PUBLIC_URL", "https://WWW.Shop.Example:443/Handoff/")
    settings = load_settings()
    assert settings.public_url == "https://www.shop.example/Handoff"
    assert get_first_store_site(settings).public_origin == "https://www.shop.example"


def test_every_setting_can_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values: dict[str, Any] = {
        "SECRET_KEY": ("a secret from a file\n", "a secret from a file"),
        "API_KEYS": (f"{FIRST_KEY},{SECOND_KEY}\n", None),
        "STORES": (
            '[{"currency":"EUR","code":"eu","store_id":2,"website_id":2,"website_code":"eu"}]',
            None,
        ),
        "LINK_TTL": ("120\n", 120),
    }
    for name, (text, _) in values.items():
        file = tmp_path / name
        file.write_text(text)
        monkeypatch.delenv(f"HANDOFF_{name}", raising=False)
        monkeypatch.setenv(f"HANDOFF_{name}_FILE", str(file))
    settings = load_settings()
    assert settings.secret_key.get_secret_value() == "a secret from a file"
    assert list_api_keys(settings) == [("poq", FIRST_KEY), ("poq", SECOND_KEY)]
    assert settings.stores[0].code == "eu"
    assert settings.link_ttl == 120


def test_a_file_that_cannot_be_read_is_a_fault_and_not_an_empty_value(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HANDOFF_SECRET_KEY")
    monkeypatch.setenv("HANDOFF_SECRET_KEY_FILE", str(tmp_path / "missing"))
    assert "HANDOFF_SECRET_KEY_FILE cannot be read" in find_faults()


OAUTH = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")


@pytest.mark.parametrize("left_out", OAUTH)
def test_a_part_of_the_values_for_oauth_is_a_fault_that_names_the_missing_one(
    left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in set(OAUTH) - {left_out}:
        monkeypatch.setenv(f"HANDOFF_MAGENTO_{name}", f"the-value-of-{name}")
    assert f"Missing: HANDOFF_MAGENTO_{left_out}." in find_faults()
    assert "the-value-of" not in find_faults()


def test_all_values_for_oauth_can_come_from_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in OAUTH:
        file = tmp_path / name
        file.write_text(f"the-value-of-{name}\n", "utf-8-sig")
        monkeypatch.setenv(f"HANDOFF_MAGENTO_{name}_FILE", str(file))
    settings = load_settings()
    token = build_access_token(settings)
    assert isinstance(token, OAuth1)
    assert token.client.client_key == "the-value-of-CONSUMER_KEY"
    assert token.client.resource_owner_secret == "the-value-of-ACCESS_TOKEN_SECRET"
    assert "the-value-of" not in repr(settings).replace("the-value-of-CONSUMER_KEY", "")


@pytest.mark.parametrize("value", ["two words", "a\nline", "\u00fc", "a\tb"])
@pytest.mark.parametrize("name", OAUTH)
def test_a_value_that_no_header_can_hold_is_a_fault(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in OAUTH:
        monkeypatch.setenv(f"HANDOFF_MAGENTO_{other}", "a-value")
    monkeypatch.setenv(f"HANDOFF_MAGENTO_{name}", value)
    assert f"HANDOFF_MAGENTO_{name}" in find_faults()
    assert value not in find_faults()


def test_an_access_token_alone_is_a_bearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_MAGENTO_ACCESS_TOKEN", "the-token")
    assert build_access_token(load_settings()) == "the-token"


@pytest.mark.parametrize("names", [OAUTH, ("ACCESS_TOKEN",)])
def test_a_login_and_an_integration_are_a_conflict(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*names, "ADMIN_USERNAME", "ADMIN_PASSWORD"):
        monkeypatch.setenv(f"HANDOFF_MAGENTO_{name}", "a-value")
    assert "HANDOFF_MAGENTO_ADMIN_USERNAME, or the values of an integration" in find_faults()


def test_faults_of_files_are_reported_together_with_invalid_values_and_conflicts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HANDOFF_SECRET_KEY")
    monkeypatch.setenv("HANDOFF_SECRET_KEY_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("HANDOFF_LINK_TTL", "x")
    monkeypatch.setenv("HANDOFF_MAGENTO_ADMIN_USERNAME", "admin")
    names = [line.split(":")[0].split(" ")[0] for line in find_faults().splitlines()]
    assert names == [
        "HANDOFF_SECRET_KEY_FILE",
        "HANDOFF_LINK_TTL",
        "HANDOFF_MAGENTO_ADMIN_USERNAME",
    ]


def test_a_value_and_a_file_for_the_same_setting_are_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDOFF_SECRET_KEY_FILE", str(tmp_path))
    assert "both set" in find_faults()


def test_an_empty_variable_is_the_same_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_LINK_TTL", "")
    monkeypatch.setenv("HANDOFF_MAGENTO_ACCESS_TOKEN", "")
    assert load_settings().link_ttl == 300
    assert load_settings().magento_access_token is None


def test_secrets_are_hidden_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    store = "redis+sentinel://:the-password@127.0.0.1/sessions/2"
    monkeypatch.setenv("HANDOFF_SESSION_STORE", store)
    monkeypatch.setenv("HANDOFF_SENTINEL_PASSWORD", "the-other-word")
    address = "postgresql+psycopg://handoff:another-password@127.0.0.1/handoff"
    monkeypatch.setenv("HANDOFF_DATABASE_URL", address)
    settings = load_settings()
    shown = repr(settings) + repr(settings.session_store_access) + repr(settings.session_store_url)
    for secret in (
        "a-key-for-poq-alone",
        "0123456789abcdef",
        "the-password",
        "the-other-word",
        "another-password",
    ):
        assert secret not in shown


def test_store_codes_may_have_capitals_as_in_magento(monkeypatch: pytest.MonkeyPatch) -> None:
    [store] = json.loads(build_stores({}))
    codes = {"code": "shopUK", "website_code": "UK"}
    monkeypatch.setenv("HANDOFF_STORES", json.dumps([store | codes]))
    assert load_settings().store_views.find_by_code("shopUK") is not None


def test_misspelt_variables_are_found() -> None:
    environment = {**REQUIRED, "HANDOFF_LINK_TLL": "1", "HANDOFF_LINK_TTL_FILE": "x", "OTHER": "y"}
    assert find_unknown_names(environment) == ["HANDOFF_LINK_TLL"]


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().link_ttl = 1  # type: ignore[misc]


def test_settings_are_one_class() -> None:
    assert len(Settings.model_fields) > 25


def test_the_settings_with_faults_hold_defaults_and_placeholders_for_invalid_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_LINK_TTL", "x")
    monkeypatch.setenv("HANDOFF_SECRET_KEY", "SECRETPW")
    checked = check_settings()
    assert checked.invalid_fields == {"link_ttl", "secret_key"}
    assert checked.settings.link_ttl == 300
    assert checked.settings.secret_key.get_secret_value() != "SECRETPW"
    assert checked.settings.public_url == REQUIRED["HANDOFF_PUBLIC_URL"]
    assert len(checked.faults) == 2


IMPOSSIBLE_HOSTS = [
    ".",
    "a..b",
    "-x",
    "x-.example",
    "shop.example.",
    f"{'a' * 64}.example",
    ".".join(["a" * 60] * 5),
    "1.2.3",
    "1.2.3.999",
    "0x7f.1",
    "shop.example:0",
    "shop.example:99999",
    "shop.example:port",
    "[::1",
    "[::g]",
    "a%41b",
    "sh\top.example",
    "a b.example",
]


@pytest.mark.parametrize("host", IMPOSSIBLE_HOSTS)
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("PUBLIC_URL", "https://{}/handoff"),
        ("MAGENTO_URL", "http://{}"),
        ("STOREFRONT_URL", "https://{}/shop"),
        ("MAGENTO_HOST", "{}"),
        ("CHECKOUT_HOSTS", "pay.example,{}"),
        ("WEBHOOK_URL", "https://{}/in?a=b"),
        ("SHOP_LOGO_URL", "https://{}/logo.svg"),
        ("APP_RETURN_URL", "https://{}/done"),
        ("APP_STYLE", "https://{}/app.css"),
        ("POQ_ASSETS_URL", "https://{}"),
        ("SESSION_STORE", "redis://user:word@{}/2"),
        ("SESSION_STORE", "redis+sentinel://a.example,{}/master/2"),
        ("RATE_LIMIT_STORAGE_URL", "rediss://{}/0"),
        ("DATABASE_URL", "postgresql+psycopg://u:p@{}/handoff"),
        (
            "STORES",
            '[{{"code":"eu","currency":"EUR","store_id":2,"website_id":2,"url":"https://{}"}}]',
        ),
    ],
)
def test_a_host_that_cannot_exist_is_refused(
    name: str, form: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", WEBHOOK_SECRET)
    monkeypatch.setenv(f"HANDOFF_{name}", form.format(host))
    assert f"HANDOFF_{name}" in find_faults()


@pytest.mark.parametrize(
    "host",
    [
        "shop",
        "magento_web",
        "xn--bcher-kva.example",
        "127.0.0.1:8080",
        "[2001:db8::7]",
        "1.example",
    ],
)
def test_a_host_that_can_exist_is_accepted(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_SHOP_LOGO_URL", f"https://{host}/logo.svg")
    monkeypatch.setenv("HANDOFF_MAGENTO_HOST", host)
    assert load_settings().magento_host == host


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRANSFERS_PER_MINUTE", "1000000001"),
        ("REFUSALS_PER_MINUTE", "-1"),
        ("ENTRIES_PER_MINUTE", "1e400"),
        ("LINK_TTL", "86401"),
        ("REOPEN_GRACE", "3601"),
        ("MAGENTO_TIMEOUT", "61"),
        ("MAGENTO_TIMEOUT", "nan"),
        ("TRUSTED_PROXIES", "11"),
        ("SESSION_LIFETIME", "99999999"),
    ],
)
def test_a_number_has_bounds(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"HANDOFF_{name}", value)
    assert f"HANDOFF_{name}" in find_faults()


WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("urls", "message"),
    [
        ("http://hooks.example.com/in", "must be https, except on this machine"),
        ("https://a.example,http://b.example", "must be https, except on this machine"),
        ("ftp://hooks.example.com", "must be an https URL"),
        ("hooks.example.com", "must be an https URL"),
        ("https://user:hidden-word@hooks.example.com/", "must not have a user name"),
        ("https://hooks.example.com/#part", "must not have a user name or a fragment"),
        ("https://hooks.example.com/,https://hooks.example.com/", "lists an address twice"),
        ("https://hooks.example.com/in=whsec_hidden-word", "must not hold a secret"),
    ],
)
def test_an_address_of_a_webhook_is_refused(
    urls: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", urls)
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", WEBHOOK_SECRET)
    assert "HANDOFF_WEBHOOK_URL" in find_faults()
    assert message in find_faults()
    assert "hidden-word" not in find_faults()


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:9000"])
def test_a_webhook_on_this_machine_needs_no_https(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", f"http://{host}/in")
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", WEBHOOK_SECRET)
    assert len(load_settings().webhook_url) == 1


@pytest.mark.parametrize(
    "secret", ["", "a-secret-of-the-tests", "whsec_", "whsec_c2hvcnQ=", "whsec_?"]
)
def test_a_webhook_needs_a_secret_of_the_standard(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", "https://hooks.example.com/in")
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", secret)
    assert "HANDOFF_WEBHOOK_SECRET" in find_faults()


OWN_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
HOOK, CRM = "https://hooks.example.com/in?key=a=b", "https://crm.example.com/in"


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        (WEBHOOK_SECRET, [(WEBHOOK_SECRET,), (WEBHOOK_SECRET,)]),
        (f"{WEBHOOK_SECRET},{CRM}={OWN_SECRET}", [(WEBHOOK_SECRET,), (OWN_SECRET,)]),
        (f"{HOOK}={OWN_SECRET} , {WEBHOOK_SECRET}", [(OWN_SECRET,), (WEBHOOK_SECRET,)]),
        (f"{HOOK}={OWN_SECRET},{CRM}={WEBHOOK_SECRET}", [(OWN_SECRET,), (WEBHOOK_SECRET,)]),
        (
            f"{WEBHOOK_SECRET},{CRM}={OWN_SECRET},{CRM}={WEBHOOK_SECRET}",
            [(WEBHOOK_SECRET,), (OWN_SECRET, WEBHOOK_SECRET)],
        ),
        (f"{WEBHOOK_SECRET},{OWN_SECRET}", [(WEBHOOK_SECRET, OWN_SECRET)] * 2),
    ],
)
def test_a_receiver_with_secrets_of_its_own_has_no_other(
    secrets: str, expected: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", f"{HOOK},{CRM}")
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", secrets)
    settings = load_settings()
    assert [receiver.secrets for receiver in list_receivers(settings)] == expected
    assert "whsec_" not in f"{settings!r} {list_receivers(settings)!r}"


@pytest.mark.parametrize(
    ("secrets", "message"),
    [
        (f"{CRM}={OWN_SECRET}", "HANDOFF_WEBHOOK_URL (entry 1) needs a HANDOFF_WEBHOOK_SECRET"),
        (f"{WEBHOOK_SECRET},{CRM}/={OWN_SECRET}", "an address that is not in HANDOFF_WEBHOOK_URL"),
        (f"{WEBHOOK_SECRET},={OWN_SECRET}", "an address that is not in HANDOFF_WEBHOOK_URL"),
        (f"{WEBHOOK_SECRET},{CRM} {OWN_SECRET}", "must be whsec_ and 24 to 64 random bytes"),
        (f"{WEBHOOK_SECRET},{CRM}=", "must be whsec_ and 24 to 64 random bytes"),
        (f"{WEBHOOK_SECRET},{CRM}=whsec_", "must be whsec_ and 24 to 64 random bytes"),
        (f"{WEBHOOK_SECRET},{CRM}={OWN_SECRET[6:]}", "must be whsec_ and 24 to 64 random bytes"),
    ],
)
def test_a_secret_of_no_receiver_and_a_receiver_without_a_secret_are_refused(
    secrets: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_URL", f"{HOOK},{CRM}")
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", secrets)
    assert message in find_faults()
    assert "crm.example.com" not in find_faults()
    assert OWN_SECRET[6:] not in find_faults()


@pytest.mark.parametrize("name", ["TRANSFERS", "REFUSALS", "ENTRIES"])
def test_a_limit_that_no_counter_can_hold_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"HANDOFF_{name}_PER_MINUTE", "9" * 20)
    with pytest.raises(SettingsError, match=f"HANDOFF_{name}_PER_MINUTE"):
        load_settings()


STORED_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
def storefront(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what a service without a session store needs."""
    monkeypatch.setenv("HANDOFF_SESSION_STORE", "storefront")
    monkeypatch.setenv("HANDOFF_STORED_SESSION_KEYS", STORED_KEY)


@pytest.mark.usefixtures("storefront")
def test_without_a_session_store_the_keys_of_stored_sessions_are_enough() -> None:
    settings = load_settings()
    assert settings.session_store_url.is_storefront
    assert settings.new_session_lifetime == 600
    assert settings.max_storefront_lines == 20


@pytest.mark.usefixtures("storefront")
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"HANDOFF_STORED_SESSION_KEYS": ""}, "HANDOFF_STORED_SESSION_KEYS"),
        ({"HANDOFF_STORED_SESSION_KEYS": f"{STORED_KEY},short"}, "HANDOFF_STORED_SESSION_KEYS"),
        ({"HANDOFF_STORED_SESSION_KEYS": "é" * 44}, "HANDOFF_STORED_SESSION_KEYS"),
        ({"HANDOFF_DIRECT_ENTRY": "true"}, "HANDOFF_DIRECT_ENTRY"),
        ({"HANDOFF_LINK_TTL": "533"}, "HANDOFF_LINK_TTL"),
        ({"HANDOFF_REOPEN_GRACE": "293"}, "HANDOFF_REOPEN_GRACE"),
        ({"HANDOFF_SESSION_LIFETIME": "367"}, "HANDOFF_SESSION_LIFETIME"),
    ],
)
def test_a_service_without_a_session_store_starts_only_with_settings_that_fit(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], named: str
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    reported = find_faults()
    assert named in reported
    assert len(reported.splitlines()) == 1
    assert STORED_KEY not in reported


@pytest.mark.usefixtures("storefront")
@pytest.mark.parametrize(
    ("name", "value"), [("LINK_TTL", "532"), ("REOPEN_GRACE", "292"), ("SESSION_LIFETIME", "368")]
)
def test_a_link_may_live_as_long_as_its_session(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"HANDOFF_{name}", value)
    load_settings()


@pytest.mark.usefixtures("storefront")
def test_the_keys_of_stored_sessions_may_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HANDOFF_STORED_SESSION_KEYS")
    file = tmp_path / "keys"
    file.write_text(f"{STORED_KEY}\n")
    monkeypatch.setenv("HANDOFF_STORED_SESSION_KEYS_FILE", str(file))
    [key] = load_settings().stored_session_keys
    assert key.get_secret_value() == STORED_KEY
    assert STORED_KEY not in repr(load_settings())
