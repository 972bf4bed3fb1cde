"""Prints what `handoff init` has found and will change, and the steps that are left to do."""

from __future__ import annotations

import click

from handoff.cli.init_plan import InstallationPlan
from handoff.installation.deployment_files import UNITS_FOLDER
from handoff.installation.env_file_merge import hide_secrets
from handoff.installation.host_preparation import is_root
from handoff.installation.redis_user import build_acl_command
from handoff.installation.session_store_settings import SessionStorePlan
from handoff.installation.settings_plan import ShopFacts


def print_found_shop(facts: ShopFacts, store: SessionStorePlan | None) -> None:
    """Print the facts that the settings will be made of, without a secret."""
    shop = facts.shop
    click.echo(f"Shop           {shop.storefront_url}")
    if shop.api_url != shop.storefront_url:
        click.echo(f"REST           {shop.api_url}")
    for view in shop.store_views:
        click.echo(
            f"Store view     {view.code} (number {view.store_id}) in {view.currency}, website "
            f"{view.website_code} (number {view.website_id}), {view.url}"
        )
    cookie = facts.cookies.get(shop.storefront_url)
    if cookie:
        lifetime = cookie.get("max-age") or "0"
        domain = cookie.get("domain") or "the host alone"
        click.echo(f"Cookie         {cookie.name}, domain {domain}, lifetime {lifetime} seconds")
    else:
        click.echo("Cookie         the shop set none at its checkout; the doctor looks again")
    if store:
        shown = hide_secrets(f"Sessions={store.build_url()}").removeprefix("Sessions=")
        click.echo(f"Sessions       {shown}")
    if len({view.website_id for view in shop.store_views}) == 1:
        click.echo("If the shop has websites on other hosts, give each address with --shop-url.")


def print_installation_plan(plan: InstallationPlan, *, with_new_units: bool) -> None:
    """Print every change. Without `with_new_units` it only names the units that are new."""
    for name, (old, new) in plan.merge.differing.items():
        click.echo("\nThis setting differs from what the shop says. It is not changed:")
        click.echo(f"  {hide_secrets(f'{name}={old}')}")
        click.echo(f"  {hide_secrets(f'{name}={new}')}   by the shop; --update takes it")
    for file in plan.differing_files:
        click.echo(f"\n{file.path} stays as it is. With --update it changes like this:")
        click.echo(file.build_diff())
    for step in plan.list_steps():
        click.echo(f"\nIt will {step}")
    for file in plan.list_changed_files():
        is_unit = file.path.parent == plan.deployment.units_folder
        if is_unit and not file.exists() and not with_new_units:
            click.echo(f"\nnew: {file.path} (--dry-run shows it)")
        else:
            click.echo(f"\n{file.build_diff()}")
    if not is_root():
        click.echo("\nThe env file is for your own user alone (0600): only root could give")
        click.echo("it to the group of a user of the service.")
    if not plan.has_changes():
        click.echo("\nEverything is as init would write it.")


def print_next_steps(plan: InstallationPlan) -> None:
    """Print the steps besides the start: nginx, a Redis user, and the facts for Poq."""
    _print_nginx_step(plan)
    _print_redis_step(plan)
    click.echo("\nTell Poq:")
    click.echo(f"  endpoint  {plan.settings.get('HANDOFF_PUBLIC_URL', '…')}/api/cart-transfer")
    click.echo("  header    Authorization: the key, and nothing before it")
    if "HANDOFF_API_KEYS" not in plan.merge.added:
        click.echo(f"  key       the one in {plan.env_file.path}")
        return
    click.echo(f"  key       {plan.settings['HANDOFF_API_KEYS'].rpartition('/')[2]}")
    click.echo("The key is shown only now. It is in the env file.")


def _print_nginx_step(plan: InstallationPlan) -> None:
    include = plan.deployment.env_file.with_name("nginx.conf")
    click.echo("\nIn each https server of the shop's nginx, add this line and reload nginx:")
    click.echo(f"  include {include};")


def _print_redis_step(plan: InstallationPlan) -> None:
    if not plan.store or not plan.redis_user:
        return
    if plan.creates_redis_user:
        click.echo(f"\nRedis has the user {plan.redis_user.username} now, which may only write")
        click.echo("sessions, and read one whose id it knows.")
        return
    click.echo(
        "\nHandoff uses the shop's own Redis login, which may do everything. It is better to"
    )
    click.echo("create a user that may only write sessions, and read one whose id it knows:")
    click.echo(f"  {build_acl_command(plan.store, plan.redis_user)}")
    click.echo(f"Then change this line in {plan.env_file.path}:")
    click.echo(f"  HANDOFF_SESSION_STORE={plan.store.build_url(plan.redis_user)}")
    click.echo("On Sentinel, create it on every Redis. docs/go-live.md says how Redis keeps it.")


def print_start_step(plan: InstallationPlan) -> None:
    """Print how to start the service."""
    deployment = plan.deployment
    if deployment.units_folder == UNITS_FOLDER:
        click.echo("\nStart the service:")
        click.echo(
            "  systemctl daemon-reload && systemctl enable --now handoff handoff-purge.timer"
        )
        return
    click.echo(
        f"\nThe units are in {deployment.units_folder}. Without systemd, start the service by:"
    )
    command = f"handoff serve --env-file {deployment.env_file} --bind {deployment.bind}"
    is_other_user = is_root() and deployment.user != "root"
    click.echo(f"  sudo -u {deployment.user} {command}" if is_other_user else f"  {command}")
