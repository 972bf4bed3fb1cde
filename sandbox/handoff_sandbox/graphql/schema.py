from __future__ import annotations

from pathlib import Path

from graphql import GraphQLSchema, build_schema

from handoff_sandbox.graphql import cart_mutations, queries


def _build() -> GraphQLSchema:
    schema = build_schema((Path(__file__).parent / "schema.graphql").read_text())
    resolvers = {"Query": queries.RESOLVERS, "Mutation": cart_mutations.RESOLVERS}
    for type_name, fields in resolvers.items():
        held = schema.get_type(type_name)
        for field, resolver in fields.items():
            held.fields[field].resolve = resolver  # type: ignore[union-attr]
    return schema


SCHEMA = _build()
