"""The `handoff` command."""

from __future__ import annotations

import click

from handoff.cli.demo import demo
from handoff.cli.doctor import doctor
from handoff.cli.migrate import migrate
from handoff.cli.purge import purge
from handoff.cli.reconcile import reconcile
from handoff.cli.rehearse import rehearse
from handoff.cli.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Take shoppers from a Poq app into the checkout of a Magento 2 shop."""


for command in (serve, demo, doctor, rehearse, reconcile, purge, migrate):
    main.add_command(command)
