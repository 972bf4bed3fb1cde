"""The first step of `handoff init`: ask for the shop, and read its files and its API."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path

import click

from handoff.cli.init_options import InitOptions
from handoff.cli.questions import Questions
from handoff.installation.host_preparation import determine_owner_name
from handoff.installation.session_store_settings import (
    SessionStorePlan,
    plan_session_store,
    plan_session_store_from_url,
)
from handoff.installation.settings_plan import ShopFacts
from handoff.installation.shop_config_files import (
    ConfigurationNeedsPhp,
    ShopConfiguration,
    determine_env_php_path,
    has_php,
    read_shop_configuration,
)
from handoff.installation.shop_discovery import ShopDiscovery, ShopNotFound, normalize_address


def ask_for_shop_facts(
    options: InitOptions, questions: Questions
) -> tuple[ShopFacts, SessionStorePlan | None]:
    """Ask for the shop, and read its files and its API.

    Returns no session store if HANDOFF_SESSION_STORE_FILE is set, because the URL is in that file.
    """
    existing = options.read_existing_settings()
    addresses = options.shop_urls or (existing.get("HANDOFF_MAGENTO_URL", ""),)
    if not addresses[0]:
        question = "Address of the shop"
        addresses = (questions.ask_text("--shop-url", question, parse=_parse_address),)
    configuration, store = _read_configuration(options, questions, existing)
    ca_file = options.ca_file or existing.get("HANDOFF_MAGENTO_CA_FILE")
    discovery = ShopDiscovery(ca_file=str(ca_file) if ca_file else None)
    shop = discovery.find_shop_with_all_store_views(addresses, configuration.store_view_codes)
    return ShopFacts(shop, configuration, discovery.read_session_cookies(shop)), store


def _read_configuration(
    options: InitOptions, questions: Questions, existing: dict[str, str]
) -> tuple[ShopConfiguration, SessionStorePlan | None]:
    """Return the shop's files and its session store, each from the first place that has it."""
    env_php = determine_env_php_path(options.env_php) if options.env_php else None
    store_url = options.session_store
    if env_php is None and store_url is None:
        if "HANDOFF_SESSION_STORE_FILE" in existing:
            return ShopConfiguration(), None
        store_url = existing.get("HANDOFF_SESSION_STORE")
        env_php = None if store_url else _ask_for_env_php(questions)
    configuration = _read_env_php(env_php, options, questions) if env_php else ShopConfiguration()
    if store_url is None and env_php:
        store = plan_session_store(configuration)
        if store.url:
            return configuration, store
    if store_url is None:
        question = "Session store, such as redis://… or file:///folder?owner=www-data"
        store_url = questions.ask_text("--session-store", question, is_secret=True)
    return configuration, plan_session_store_from_url(store_url)


def _ask_for_env_php(questions: Questions) -> Path | None:
    question = "Path of the shop's app/etc/env.php (empty if it is not on this machine)"
    proposal = None if questions.takes_proposals else ""
    answer = questions.ask_text(
        "--env-php or --session-store", question, proposal, parse=_parse_env_php_path
    )
    return Path(answer) if answer else None


def _parse_address(answer: str) -> str:
    try:
        return normalize_address(answer)
    except ShopNotFound as error:
        raise click.BadParameter(str(error)) from None


def _parse_env_php_path(answer: str) -> str:
    """Return the path of env.php; the answer may be quoted as for a shell, or name its folder."""
    text = answer.strip()
    if not text:
        return ""
    if not os.path.exists(text):  # unlike Path.exists, it raises nothing
        with suppress(ValueError):  # an open quotation mark, or several words: the path has a blank
            [text] = shlex.split(text)
    file = determine_env_php_path(Path(os.path.expanduser(text)))
    if not os.path.isfile(file):
        raise click.BadParameter(f"There is no file {file}.")
    return str(file)


def _read_env_php(env_php: Path, options: InitOptions, questions: Questions) -> ShopConfiguration:
    try:
        return read_shop_configuration(env_php, use_php=options.use_php)
    except ConfigurationNeedsPhp as reason:
        if not has_php():
            raise
        click.echo(reason, err=True)
        question = f"Run it with PHP, as the user {determine_owner_name(env_php)}?"
        if not questions.ask_yes_or_no("--use-php", question, proposal=False):
            raise ConfigurationNeedsPhp(
                "Give --use-php to let PHP run it, or --session-store in its place."
            ) from None
    return read_shop_configuration(env_php, use_php=True)
