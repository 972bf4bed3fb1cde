"""Load by wrk, which itself needs little of the machine that it measures."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.raw_http import HOST
from benchmarks.servers.required_programs import find_program

_SCRIPT = Path(__file__).with_name("request_list.lua")
_MAX_REFUSED = 0.02  # as `busy` on a machine that stalls; these do not count as requests
_TIMEOUT = "30s"  # after which wrk counts a request as lost


@dataclass(frozen=True, slots=True)
class LoadSample:
    """The results of some seconds of load. Times are in milliseconds.

    The percentiles are wrk's: a long wait counts as well for the requests that it delayed.
    """

    requests: int
    seconds: float
    median: float
    p99: float
    longest: float
    sent: int
    links: tuple[str, ...] = ()
    """The tokens of the links in the responses, if they were collected."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def send_load(
    port: int,
    requests: Sequence[bytes],
    *,
    clients: int,
    seconds: int,
    statuses: Collection[int],
    expected: str = "",
    repeat: bool = False,
    collect_links: bool = False,
) -> LoadSample:
    """Send requests for some seconds. With `repeat` the list starts again at its end.

    Raises AssertionError if more than a few responses have another status or lack the text
    `expected`, or if the list is too short.
    """
    with tempfile.TemporaryDirectory(prefix="handoff-wrk-") as folder:
        file, links = Path(folder, "requests"), Path(folder, "links")
        with file.open("wb") as stream:
            for request in requests:
                stream.write(b"%d\n" % len(request) + request)
        command = [find_program("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s"]
        command += ["--timeout", _TIMEOUT, "-s", str(_SCRIPT), f"http://{HOST}:{port}/"]
        command += ["--", str(file), expected, str(links) if collect_links else ""]
        result = subprocess.run(command, check=True, capture_output=True, text=True)
        tokens = tuple(links.read_text().split()) if collect_links else ()
    found = json.loads(result.stdout.rstrip().rpartition("\n")[2])
    counts = {int(status): count for status, count in found.pop("statuses").items()}
    unexpected, broken = found.pop("unexpected"), found.pop("broken")
    refused = sum(count for status, count in counts.items() if status not in statuses)
    found["requests"] -= refused
    subject = repr(requests[0][:60])
    assert repeat or found["sent"] <= len(requests) + 1, f"only {len(requests)} requests"
    assert refused <= _MAX_REFUSED * found["sent"], f"statuses {counts} for {subject}"
    assert unexpected <= refused, f"{unexpected} responses without {expected!r} for {subject}"
    assert not broken, f"{broken} connections broken or timed out for {subject}"
    assert found["requests"], f"no response for {subject}"
    return LoadSample(**found, links=tokens)
