"""`/openapi.json`: what can be asked of the service, made from the shapes that are checked."""

from handoff.operations.openapi.document import build_openapi_document, register_openapi

__all__ = ["build_openapi_document", "register_openapi"]
