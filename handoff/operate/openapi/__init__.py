"""`/openapi.json`: what can be asked of the service, made from the shapes that are checked."""

from handoff.operate.openapi.document import describe, document

__all__ = ["describe", "document"]
