"""Bare Flask views under load, for comparison with the service's requests."""

from __future__ import annotations

from enum import Enum

from benchmarks.clients.raw_http import build_request
from benchmarks.clients.wrk import LoadSample, send_load

_QUOTE_NUMBERS = range(1, 501)


class BareView(Enum):
    """A bare view: its title in the results, and the beginning of its path."""

    JSON = ("bare view, JSON", "/json")
    PAGE = ("bare view, template", "/page")
    CART = ("bare view with the shop's call", "/cart/")
    WRITE = ("bare view with a durable write", "/write")
    SESSION = ("bare view with a durable write, a file and cookies", "/session")
    BOTH = ("bare view with the shop's call and a durable write", "/both/")

    @property
    def title(self) -> str:
        """The title of the view in the results."""
        return self.value[0]

    def build_requests(self) -> list[bytes]:
        """Return requests for this view."""
        path = self.value[1]
        if self is BareView.PAGE:
            return [build_request("GET", path)]
        if not path.endswith("/"):
            return [build_request("POST", path)]
        return [build_request("POST", f"{path}{number:032d}") for number in _QUOTE_NUMBERS]


def measure_bare_view(port: int, view: BareView, *, clients: int, seconds: int) -> LoadSample:
    """Measure a bare view for some seconds."""
    return send_load(
        port,
        view.build_requests(),
        clients=clients,
        seconds=seconds,
        statuses={200},
        expected="shop.example",
        repeat=True,
    )
