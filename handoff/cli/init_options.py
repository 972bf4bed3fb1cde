"""The options of `handoff init`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handoff.installation.deployment_files import ENV_FILE
from handoff.installation.env_file_merge import find_unreadable_line, is_example, read_values
from handoff.installation.planned_file import FileNotWritable, read_existing_text


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
            "HANDOFF_SESSION_STORE": self.session_store,
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
