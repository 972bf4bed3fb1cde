"""The bare views under load."""

from __future__ import annotations

from enum import Enum

from benchmarks.load.wire import request
from benchmarks.load.wrk import Sample, drive

_QUOTES = range(1, 501)


class View(Enum):
    """A bare view: its name in the report, and what its path begins with."""

    JSON = ("bare view, JSON", "/json")
    PAGE = ("bare view, template", "/page")
    REQUESTS = ("bare view with the shop's call, by requests", "/requests/")
    URLLIB3 = ("bare view with the shop's call, by urllib3", "/urllib3/")
    WRITE = ("bare view with a durable write, by sqlite3", "/write")
    SESSION = ("bare view with a durable write, a file and cookies", "/session")
    BOTH = ("bare view with both, by urllib3 and sqlite3", "/both/")

    @property
    def title(self) -> str:
        """Its name in the report."""
        return self.value[0]

    def requests(self) -> list[bytes]:
        """Return requests for it."""
        path = self.value[1]
        if self is View.PAGE:
            return [request("GET", path)]
        if not path.endswith("/"):
            return [request("POST", path)]
        return [request("POST", f"{path}{number:032d}") for number in _QUOTES]


def measure_view(port: int, view: View, *, clients: int, seconds: int) -> Sample:
    """Put load on a bare view."""
    return drive(
        port,
        view.requests(),
        clients=clients,
        seconds=seconds,
        statuses={200},
        word="shop.example",
        again=True,
    )
