"""`handoff init`: finds out what a shop needs, and writes the files of an installation."""

from __future__ import annotations

import sys
from typing import Any

import click

from handoff.cli.command_exit import INTERRUPTED, exit_with_error
from handoff.cli.init_options import InitOptions, add_init_options
from handoff.cli.init_output import (
    print_found_shop,
    print_installation_plan,
    print_next_steps,
    print_start_step,
)
from handoff.cli.init_plan import InstallationPlan, apply_plan, plan_installation
from handoff.cli.init_shop_facts import ask_for_shop_facts
from handoff.cli.questions import Questions
from handoff.installation.deployment_files import UNITS_FOLDER, Deployment
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


@click.command(help=_HELP)
@add_init_options
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
    if not _start_service_if_agreed(plan, options, questions):
        print_start_step(plan)
    if not options.with_doctor:
        return 0
    return _run_doctor(plan.deployment)


def _start_service_if_agreed(
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
