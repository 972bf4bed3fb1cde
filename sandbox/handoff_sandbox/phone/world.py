from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app


@dataclass(frozen=True, slots=True)
class World:
    """What the phone's server has to do with; `services` by instruction style, 'url' and 'form'."""

    services: dict[str, str]
    shop: str
    key: str
    link_ttl: int
    logs: tuple[Path, ...]
    sessions: Path

    @property
    def origins(self) -> tuple[str, ...]:
        """Give where the web view goes: to the services, and on to the shop."""
        return (*self.services.values(), self.shop)


def current_world() -> World:
    """Give the world of the phone that the running Flask app serves."""
    world = current_app.extensions["phone"]
    if not isinstance(world, World):
        raise TypeError("this app was not made by create_phone")
    return world
