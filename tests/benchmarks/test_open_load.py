"""Open load keeps its rate while responses are slow."""

from __future__ import annotations

import asyncio
import time

from benchmarks.clients.open_load import ConnectionPool, ScheduledResponse, send_at_rate
from benchmarks.clients.raw_http import HOST, build_request

_DELAY = 0.3  # seconds


async def send_to_slow_server() -> tuple[list[float], list[ScheduledResponse]]:
    """Send ten requests in 0.1 s to a server that answers each after 0.3 s."""
    arrivals: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrivals.append(time.perf_counter())
        await asyncio.sleep(_DELAY)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, HOST, 0) as server:
        pool = ConnectionPool(server.sockets[0].getsockname()[1])
        responses = await send_at_rate(pool, 100, 0.1, lambda: build_request("GET", "/"))
        pool.close()
    return arrivals, responses


def test_slow_responses_do_not_delay_further_requests() -> None:
    arrivals, responses = asyncio.run(send_to_slow_server())
    assert [response.status for response in responses] == [200] * 10
    assert all(response.milliseconds >= _DELAY * 1000 for response in responses)
    assert max(arrivals) - min(arrivals) < 2 * _DELAY  # one after the other they would take 3 s
