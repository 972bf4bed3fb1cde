"""The backlog of webhooks, by receiver, for `/readyz` and `/metrics`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from handoff.problems import LedgerUnavailable
from handoff.webhooks.delivery_repository import DeliveryRepository, QueueLag
from handoff.webhooks.receivers import Receiver

BEHIND_AFTER = 60
"""Seconds that an event may wait until `/readyz` says that delivery is behind."""


@dataclass(frozen=True, eq=False)  # a registry needs the hash
class WebhookBacklog(Collector):
    """The events that wait for the receivers of the settings; without any, nothing is read."""

    deliveries: DeliveryRepository
    receivers: Sequence[Receiver]

    def measure_lags(self) -> dict[str, QueueLag]:
        """Return the lag of each receiver by its name, or raise LedgerUnavailable."""
        if not self.receivers:
            return {}
        lags = self.deliveries.measure_lags([receiver.key for receiver in self.receivers])
        return {receiver.name: lags[receiver.key] for receiver in self.receivers}

    def read_readiness_fields(self) -> dict[str, str | int]:
        """Return the fields of `/readyz`: none without a receiver."""
        if not self.receivers:
            return {}
        try:
            lags = self.measure_lags().values()
        except LedgerUnavailable:
            return {"webhooks": "unknown"}
        seconds = int(max(lag.oldest_seconds for lag in lags))
        state = "behind" if seconds > BEHIND_AFTER else "ok"
        return {"webhooks": state, "webhook_delay": seconds}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics, without numbers while the ledger cannot be read."""
        waiting = GaugeMetricFamily(
            "handoff_webhook_waiting_events",
            "Events that wait for a receiver.",
            labels=["receiver"],
        )
        delay = GaugeMetricFamily(
            "handoff_webhook_delay_seconds",
            "How long the oldest event has waited for a receiver.",
            labels=["receiver"],
        )
        try:
            lags = self.measure_lags()
        except LedgerUnavailable:
            lags = {}
        for name, lag in lags.items():
            waiting.add_metric([name], lag.waiting_count)
            delay.add_metric([name], lag.oldest_seconds)
        yield from (waiting, delay)
