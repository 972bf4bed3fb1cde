"""`handoff init`: finds out what a shop needs, and writes the files of an installation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from handoff.cli.command_exit import INTERRUPTED, exit_with_error
from handoff.cli.init_options import InitOptions
from handoff.cli.init_output import (
    print_found_shop,
    print_installation_plan,
    print_next_steps,
    print_start_step,
)
from handoff.cli.init_plan import InstallationPlan, apply_plan, plan_installation
from handoff.cli.init_shop_facts import ask_for_shop_facts
from handoff.cli.questions import Questions
from handoff.installation.deployment_files import ENV_FILE, UNITS_FOLDER, Deployment, is_plain_word
from handoff.installation.host_preparation import (
    HostNotPrepared,
    is_systemd_running,
    run_as,
    start_service,
)
from handoff.installation.planned_file import FileNotWritable, require_writable
from handoff.installation.redis_user import RedisUserNotCreated
from handoff.installation.session_store_settings import SessionStoreNotSupported
from handoff.installation.shop_config_files import ConfigurationUnreadable
from handoff.installation.shop_discovery import ShopNotFound

_ERRORS = (
    ShopNotFound,
    ConfigurationUnreadable,
    SessionStoreNotSupported,
    RedisUserNotCreated,
    HostNotPrepared,
    FileNotWritable,
)

# The access token of an integration, or the login of an administrator; also as `…_FILE`.
_RIGHT_TO_READ_ORDERS = ("HANDOFF_MAGENTO_ACCESS_TOKEN", "HANDOFF_MAGENTO_ADMIN_PASSWORD")

_HELP = """\
Find out what a shop needs, and write the files of an installation.

It asks for the address of the shop and for the path of its app/etc/env.php, and reads the rest
from the shop. It makes the keys, shows every change, and writes the env file, the units of
systemd and the lines for the shop's nginx. At the end it runs the doctor.

env.php is read as data and not run. Of its passwords, Handoff needs that of the shop's Redis at
most. Run it again after a change of the shop: keys, and settings that you have changed, stay.

\b
Exit codes:
  0    all is well
  1    the files are written, and the doctor has warnings or faults
  2    it could not run, or a change was declined
  130  Ctrl-C

\b
Examples:
  handoff init
  handoff init --shop-url https://www.shop.example --env-php /var/www/shop/app/etc/env.php --dry-run
"""


def _require_plain_word(
    _context: click.Context, _parameter: click.Parameter, value: Path | str | None
) -> Path | str | None:
    """Refuse a value that systemd or nginx would read as something else."""
    try:
        text = str(value.resolve() if isinstance(value, Path) else value)
    except (OSError, RuntimeError):  # symbolic links that lead to each other
        raise click.BadParameter(f"{str(value)!r} is in a circle of symbolic links.") from None
    if not is_plain_word(text):
        raise click.BadParameter(
            f"{text!r} has blanks, or characters with a meaning in units or for nginx."
        )
    return value


_FILE = click.Path(dir_okay=False, path_type=Path)
_ANSWERS = (
    click.option("--shop-url", "shop_urls", multiple=True, metavar="URL",
                 help="The address at which shoppers see the shop. Repeat it for each website "
                 "with a host of its own."),
    click.option("--env-php", type=click.Path(path_type=Path), metavar="FILE",
                 help="The shop's app/etc/env.php, or the folder of the shop."),
    click.option("--use-php", is_flag=True,
                 help="Let PHP run an env.php that is not data alone, as the file's owner."),
    click.option("--session-store", metavar="URL",
                 help="The session store, if env.php is not on this machine; `storefront` if "
                 "nobody but the shop can reach it."),
    click.option("--redis-user", type=click.Choice(["create", "shop"]),
                 help="Create a Redis user for Handoff, or use the shop's own login."),
    click.option("--customer-accounts", type=click.Choice(["website", "global"]),
                 help="How the shop shares accounts among its websites."),
    click.option("--public-url", metavar="URL",
                 help="The address of Handoff. Default: /handoff on the shop's host."),
)  # fmt: skip
_PLACES_AND_STEPS = (
    click.option("--ca-file", type=_FILE,
                 help="The certificate authorities that are trusted for the shop (PEM)."),
    click.option("--trusted-proxies", type=click.IntRange(0, 10), default=1, show_default=True,
                 help="Proxies of your own in front of Handoff."),
    click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT",
                 callback=_require_plain_word,
                 help="Where the service listens."),
    click.option("--env-file", type=_FILE, default=ENV_FILE, show_default=True,
                 callback=_require_plain_word,
                 help="The env file to write."),
    click.option("--units-folder", type=click.Path(file_okay=False, path_type=Path),
                 help="Folder for the units. Default: that of systemd, or systemd/ beside "
                 "another --env-file."),
    click.option("--user", default="handoff", show_default=True, callback=_require_plain_word,
                 help="The user of the service. Root makes it if it is missing."),
    click.option("--start/--no-start", default=None, help="Start the service with systemd."),
    click.option("--doctor/--no-doctor", "with_doctor", default=True,
                 help="Run the doctor at the end."),
    click.option("--update", is_flag=True,
                 help="Also replace files and settings that are not as init would write them. "
                 "Keys stay."),
    click.option("--dry-run", is_flag=True, help="Show the changes, and write nothing."),
    click.option("--yes", is_flag=True, help="Take every proposal, and ask nothing else."),
)  # fmt: skip


def _add_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that answer a question, then those for unusual installations."""
    for option in reversed(_ANSWERS + _PLACES_AND_STEPS):
        command = option(command)
    return command


@click.command(help=_HELP)
@_add_options
def init(**values: Any) -> None:
    """Find out what a shop needs, and write the files of an installation."""
    options = InitOptions(**values)
    questions = Questions(takes_proposals=options.yes or options.dry_run)
    try:
        code = _run_init(options, questions)
    except _ERRORS as error:
        exit_with_error(str(error))
    except (KeyboardInterrupt, click.Abort):  # a prompt raises the second
        click.echo("\nInterrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    raise click.exceptions.Exit(code)


def _run_init(options: InitOptions, questions: Questions) -> int:
    """Do all steps, and return the exit code."""
    if not options.dry_run:
        require_writable(options.env_file)
    facts, store = ask_for_shop_facts(options, questions)
    print_found_shop(facts, store)
    plan = plan_installation(options, questions, facts, store)
    print_installation_plan(plan, with_new_units=options.dry_run)
    if options.dry_run:
        click.echo("\nNothing was written, because of --dry-run.")
        return 0
    if plan.has_changes():
        if not questions.ask_yes_or_no("--yes", "\nMake these changes?", proposal=True):
            exit_with_error("Nothing was written.")
        apply_plan(plan)
        click.echo("Written.")
    print_next_steps(plan)
    if not _offer_to_start_service(plan, options, questions):
        print_start_step(plan)
    if not options.with_doctor:
        return 0
    return _run_doctor(plan.deployment)


def _offer_to_start_service(
    plan: InstallationPlan, options: InitOptions, questions: Questions
) -> bool:
    """Start the service and its timers if systemd runs and the administrator agrees.

    Returns whether they were started.
    """
    is_installed = plan.deployment.units_folder == UNITS_FOLDER
    if not is_installed or not is_systemd_running() or options.start is False:
        return False
    timers = ["handoff-purge.timer"]
    if any(name.startswith(_RIGHT_TO_READ_ORDERS) for name in plan.settings):
        timers.append("handoff-reconcile.timer")
    if plan.settings.get("HANDOFF_WEBHOOK_URL"):
        timers.append("handoff-deliver.timer")
    question = f"Start handoff.service and {', '.join(timers)}?"
    if not options.start and not questions.ask_yes_or_no(
        "--start or --no-start", question, proposal=True
    ):
        return False
    start_service(timers)
    return True


def _run_doctor(deployment: Deployment) -> int:
    click.echo("\nhandoff doctor:\n")
    sys.stdout.flush()
    options = ["--env-file", str(deployment.env_file)]
    command = [sys.executable, "-m", "handoff.cli", "doctor", *options]
    return run_as(deployment.user, deployment.group, command)
