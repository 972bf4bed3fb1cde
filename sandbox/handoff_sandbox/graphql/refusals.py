from __future__ import annotations

from graphql import GraphQLError


def refuse(category: str, message: str) -> GraphQLError:
    """Give an error of one of Magento's categories: input, no-such-entity, authorization, …"""
    return GraphQLError(message, extensions={"category": f"graphql-{category}"})
