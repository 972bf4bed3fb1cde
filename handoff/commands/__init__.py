"""The `handoff` command."""

from __future__ import annotations

import click

from handoff.commands.demo import demo
from handoff.commands.doctor import doctor
from handoff.commands.migrate import migrate
from handoff.commands.purge import purge
from handoff.commands.reconcile import reconcile
from handoff.commands.rehearse import rehearse
from handoff.commands.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Take shoppers from a Poq app into the checkout of a Magento 2 shop."""


for command in (serve, demo, doctor, rehearse, reconcile, purge, migrate):
    main.add_command(command)
