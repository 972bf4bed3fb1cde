"""Load from wrk, which takes little of the machine that it measures."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.wire import HOST
from benchmarks.servers.programs import program

_SCRIPT = Path(__file__).with_name("listed.lua")
_SILENCE = "30s"  # without an answer, after which wrk counts a request as lost


@dataclass(frozen=True, slots=True)
class Sample:
    """What some seconds of load have shown; the times are in milliseconds.

    Percentiles are wrk's: a long wait counts as well for the requests that it held up.
    """

    requests: int
    seconds: float
    median: float
    p99: float
    longest: float
    sent: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    clients: int,
    seconds: int,
    statuses: Collection[int],
    word: str = "",
    again: bool = False,
) -> Sample:
    """Send requests for some seconds; `again` begins the list anew where it ends.

    Raises AssertionError where an answer has another status, or a body without the word, or where
    the list was too short.
    """
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        for each in requests:
            file.write(b"%d\n" % len(each) + each)
        file.flush()
        command = [program("wrk"), "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", _SILENCE]
        command += ["-s", str(_SCRIPT), f"http://{HOST}:{port}/", "--", file.name, word]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    seen = {int(status) for status in found.pop("statuses")}
    lacking, broken = found.pop("lacking"), found.pop("broken")
    assert again or found["sent"] <= len(requests) + 1, f"only {len(requests)} requests"
    assert seen <= set(statuses), f"answers of {sorted(seen)} for {requests[0][:60]!r}"
    assert not lacking, f"{lacking} answers without {word!r} for {requests[0][:60]!r}"
    assert not broken, f"{broken} connections broken or silent for {requests[0][:60]!r}"
    assert found["requests"], f"no answer for {requests[0][:60]!r}"
    return Sample(**found)
