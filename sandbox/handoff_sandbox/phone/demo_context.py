"""The objects of the phone's server: the demo's URLs, key, log files and session folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from handoff_sandbox.maintenance import get_flag_file
from handoff_sandbox.phone.webhooks import WebhookReceiver


@dataclass(frozen=True, slots=True)
class DemoContext:
    """`services` are URLs by instruction style, `url` and `form`."""

    services: dict[str, str]
    shop: str
    key: str
    link_ttl: int
    logs: tuple[Path, ...]
    sessions: Path
    webhooks: WebhookReceiver

    @property
    def outages(self) -> dict[str, SessionStoreOutage | ShopOutage]:
        """The outages that the phone can cause, by name."""
        return {"store": SessionStoreOutage(self.sessions), "shop": ShopOutage(self.sessions)}

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that a web view navigates to: the services, and from them the shop."""
        return (*self.services.values(), self.shop)


@dataclass(frozen=True, slots=True)
class SessionStoreOutage:
    """An outage of the shop's session store: PHP's folder of sessions has another name."""

    path: Path

    @property
    def is_active(self) -> bool:
        """Whether the folder is away."""
        return self._path_during_outage.exists()

    def start(self) -> None:
        """Rename the folder."""
        if not self.is_active:
            self.path.rename(self._path_during_outage)

    def end(self) -> None:
        """Give the folder its name back."""
        if self.is_active:
            self._path_during_outage.rename(self.path)

    @property
    def _path_during_outage(self) -> Path:
        return self.path.with_name(f"{self.path.name}-away")


@dataclass(frozen=True, slots=True)
class ShopOutage:
    """An outage of the shop: its maintenance mode. `path` is PHP's folder of sessions."""

    path: Path

    @property
    def is_active(self) -> bool:
        """Whether the shop is in maintenance."""
        return get_flag_file(self.path).exists()

    def start(self) -> None:
        """Put the shop into maintenance."""
        get_flag_file(self.path).touch()

    def end(self) -> None:
        """End the maintenance."""
        get_flag_file(self.path).unlink(missing_ok=True)


def get_current_context() -> DemoContext:
    """Return the context of the running Flask application."""
    context = current_app.extensions["phone"]
    if not isinstance(context, DemoContext):
        raise TypeError("this app was not made by create_phone")
    return context
