"""Errors of GraphQL answers."""

from __future__ import annotations

from graphql import GraphQLError, GraphQLSyntaxError


def build_error(category: str, message: str) -> GraphQLError:
    """Return an error of one of Magento's categories: input, no-such-entity, authorization, …"""
    return GraphQLError(message, extensions={"category": f"graphql-{category}"})


def serialize_error(error: GraphQLError) -> dict[str, object]:
    """Return an error with the punctuation of the PHP library, and without suggestions."""
    message = error.message.partition(" Did you mean ")[0]
    if isinstance(error, GraphQLSyntaxError):
        message = message.removesuffix(".")
    if not error.extensions:
        message = message.replace("'", '"')
    return {**error.formatted, "message": message}
