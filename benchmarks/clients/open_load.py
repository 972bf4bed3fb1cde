"""Open load: requests at a constant rate, however long the responses take.

A closed loop would wait for a slow response and so send less when the service is slow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.clients.raw_http import HOST, read_content_length


@dataclass(frozen=True, slots=True)
class ScheduledResponse:
    """A response; the milliseconds from the scheduled moment of its request to its last byte.

    `late` are the milliseconds that the client itself sent the request after that moment.
    """

    milliseconds: float
    late: float
    status: int
    body: bytes


class ConnectionPool:
    """Connections that are kept alive, as a proxy keeps them; opens one if none is free."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body of the response."""
        if self._free:
            reader, writer = self._free.pop()
        else:
            reader, writer = await asyncio.open_connection(HOST, self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(read_content_length(head))
        self._free.append((reader, writer))
        return int(head[9:12]), body

    def close(self) -> None:
        """Close the free connections."""
        for _, writer in self._free:
            writer.close()


async def send_at_rate(
    pool: ConnectionPool,
    rate: float,
    seconds: float,
    next_request: Callable[[], bytes | None],
    *,
    on_response: Callable[[ScheduledResponse], None] | None = None,
) -> list[ScheduledResponse]:
    """Send requests at a rate for some seconds and return all responses in order.

    A moment for which `next_request` returns None is left out. `on_response` gets each response as
    soon as it is there.
    """
    start = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        scheduled = start + number / rate
        await asyncio.sleep(max(0.0, scheduled - time.perf_counter()))
        request = next_request()
        if request is None:
            continue
        tasks.append(asyncio.create_task(_send(pool, request, scheduled, on_response)))
    return list(await asyncio.gather(*tasks))


async def _send(
    pool: ConnectionPool,
    request: bytes,
    scheduled: float,
    on_response: Callable[[ScheduledResponse], None] | None,
) -> ScheduledResponse:
    late = (time.perf_counter() - scheduled) * 1000
    status, body = await pool.exchange(request)
    took = (time.perf_counter() - scheduled) * 1000
    response = ScheduledResponse(took, late, status, body)
    if on_response is not None:
        on_response(response)
    return response
