"""The options of `handoff init`, and their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from handoff.installation.deployment_files import ENV_FILE, is_plain_word
from handoff.installation.env_file_merge import find_unreadable_line, is_example, read_values
from handoff.installation.planned_file import FileNotWritable, read_existing_text


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


def add_init_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that answer a question, then those for unusual installations."""
    for option in reversed(_ANSWERS + _PLACES_AND_STEPS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `handoff init`, as its help explains them."""

    shop_urls: tuple[str, ...]
    env_php: Path | None
    use_php: bool
    session_store: str | None
    redis_user: str | None
    customer_accounts: str | None
    public_url: str | None
    ca_file: Path | None
    trusted_proxies: int
    bind: str
    env_file: Path
    units_folder: Path | None
    user: str
    start: bool | None
    with_doctor: bool
    update: bool
    dry_run: bool
    yes: bool

    @property
    def is_default_env_file(self) -> bool:
        """Whether the env file is where the units expect it."""
        return self.env_file == ENV_FILE

    def list_given_settings(self) -> list[str]:
        """Return the settings that an option gives, so that they replace those of the file."""
        given = {
            "HANDOFF_MAGENTO_URL": self.shop_urls,
            "HANDOFF_PUBLIC_URL": self.public_url,
            "HANDOFF_SESSION_STORE": self.session_store or self.redis_user,
            "HANDOFF_MAGENTO_CA_FILE": self.ca_file,
            "HANDOFF_CUSTOMER_ACCOUNTS": self.customer_accounts,
        }
        return [name for name, value in given.items() if value]

    def read_existing_settings(self) -> dict[str, str]:
        """Return the settings that the file already has, without those of an example.

        Raises FileNotWritable for a file with a line that nothing could read.
        """
        text = read_existing_text(self.env_file) or ""
        line = find_unreadable_line(text)
        if line is not None:
            raise FileNotWritable(
                f"{self.env_file}: line {line} cannot be read. Is a quotation mark missing?"
            )
        values = read_values(text)
        return {name: value for name, value in values.items() if value and not is_example(value)}
