"""`handoff demo`: runs the service, a stand-in shop and a phone from `handoff-sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from handoff.cli.command_exit import exit_with_error
from handoff.cli.command_settings import add_env_file_option


@click.command(context_settings={"show_default": True})
@add_env_file_option
@click.option("--port", default=8000, help="Port of the service.")
@click.option("--shop-port", default=8001, help="Port of the stand-in shop.")
@click.option("--phone-port", default=8002, help="Port of the phone.")
@click.option(
    "--form-port", default=8003, help="Port of the second service, which answers with forms."
)
@click.option("--ops-port", default=8004, help="Port of the pages for the support desk.")
@click.option(
    "--link-ttl",
    default=120,
    type=click.IntRange(10, 3600),
    help="Seconds that a link lives. The default is short, so that you can see a link expire.",
)
@click.option(
    "--magento",
    default="2.4.7",
    type=click.Choice(("2.4.6", "2.4.7", "2.4.8")),
    help="Version of Magento that the stand-in shop imitates.",
)
@click.option(
    "--open/--no-open",
    "opens_phone",
    default=True,
    show_default=False,
    help="Open the phone in a graphical browser, if there is a display. Never where CI is set.",
)
@click.option(
    "--folder",
    default=Path("instance"),
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the demo's ledger, sessions and settings.",
)
def demo(
    port: int,
    shop_port: int,
    phone_port: int,
    form_port: int,
    ops_port: int,
    link_ttl: int,
    magento: str,
    opens_phone: bool,
    folder: Path,
) -> None:
    """Run the service with a stand-in shop and a phone to try it with.

    Each run starts empty: carts, orders and links of an earlier demo are gone. Ctrl-C ends it.
    """
    try:
        from handoff_sandbox.demo import Demo, run_demo
    except ModuleNotFoundError as error:
        exit_with_error(
            f"The demo needs the sandbox: pip install ./sandbox in a clone of Handoff ({error})."
        )
    ports = (port, shop_port, phone_port, form_port, ops_port)
    run_demo(Demo(folder, *ports, link_ttl, magento, opens_phone))
