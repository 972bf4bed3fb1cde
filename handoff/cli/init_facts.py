"""The first step of `handoff init`: ask for the shop, and read its files and its API."""

from __future__ import annotations

from pathlib import Path

from handoff.cli.init_options import InitOptions
from handoff.cli.questions import Questions
from handoff.installation.session_store_settings import (
    SessionStorePlan,
    plan_session_store,
    read_session_store_url,
)
from handoff.installation.settings_plan import ShopFacts
from handoff.installation.shop_configuration import (
    ConfigurationNeedsPhp,
    ShopConfiguration,
    has_php,
    read_shop_configuration,
)
from handoff.installation.shop_discovery import ShopDiscovery


def find_facts(
    options: InitOptions, questions: Questions
) -> tuple[ShopFacts, SessionStorePlan | None]:
    """Ask for the shop, and read its files and its API.

    The session store is None if the settings name a file that has it.
    """
    existing = options.read_file_values()
    addresses = options.shop_urls or (existing.get("HANDOFF_MAGENTO_URL", ""),)
    if not addresses[0]:
        addresses = (questions.ask_text("--shop-url", "Address of the shop"),)
    configuration, store = _read_configuration(options, questions, existing)
    ca_file = options.ca_file or existing.get("HANDOFF_MAGENTO_CA_FILE")
    discovery = ShopDiscovery(ca_file=str(ca_file) if ca_file else None)
    shop = discovery.find_shops(addresses, configuration.store_view_codes)
    return ShopFacts(shop, configuration, discovery.read_session_cookies(shop)), store


def _read_configuration(
    options: InitOptions, questions: Questions, existing: dict[str, str]
) -> tuple[ShopConfiguration, SessionStorePlan | None]:
    if options.session_store:
        configuration = (
            _read_env_php(options.env_php, options, questions)
            if options.env_php
            else ShopConfiguration()
        )
        return configuration, read_session_store_url(options.session_store)
    env_php = options.env_php
    if env_php is None:
        if "HANDOFF_SESSION_STORE_FILE" in existing:
            return ShopConfiguration(), None
        if "HANDOFF_SESSION_STORE" in existing:
            url = existing["HANDOFF_SESSION_STORE"]
            return ShopConfiguration(), read_session_store_url(url)
        question = "Path of the shop's app/etc/env.php (empty if it is not on this machine)"
        answer = questions.ask_text(
            "--env-php or --session-store", question, None if questions.takes_proposals else ""
        )
        if not answer:
            url = questions.ask_text("--session-store", "Session store (URL)", is_secret=True)
            return ShopConfiguration(), read_session_store_url(url)
        env_php = Path(answer)
    configuration = _read_env_php(env_php, options, questions)
    store = plan_session_store(configuration)
    if not store.url:
        url = questions.ask_text(
            "--session-store", "Folder of PHP's session files (file:///…?owner=www-data)"
        )
        store = read_session_store_url(url)
    return configuration, store


def _read_env_php(env_php: Path, options: InitOptions, questions: Questions) -> ShopConfiguration:
    try:
        return read_shop_configuration(env_php, use_php=options.use_php)
    except ConfigurationNeedsPhp as reason:
        if not has_php():
            raise
        question = f"{reason}\nRun it with PHP, as the user {env_php.owner()}?"
        if not questions.ask_yes("--use-php", question, proposal=False):
            raise ConfigurationNeedsPhp(
                f"{reason} Give --use-php to let PHP run it, or --session-store in its place."
            ) from None
    return read_shop_configuration(env_php, use_php=True)
