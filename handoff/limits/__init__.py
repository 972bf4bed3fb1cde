"""How often somebody may do something in a minute. Knows nothing of Flask."""

from handoff.limits.callers import network_of
from handoff.limits.counters import Counters, CountersAway, RedisCounters
from handoff.limits.limits import Limit, Limits

__all__ = ["Counters", "CountersAway", "Limit", "Limits", "RedisCounters", "network_of"]
