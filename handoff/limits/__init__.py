"""How often somebody may do something in a minute. Knows nothing of Flask."""

from handoff.limits.callers import network_of
from handoff.limits.limits import Limit, Limits

__all__ = ["Limit", "Limits", "network_of"]
