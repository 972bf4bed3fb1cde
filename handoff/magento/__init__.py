"""The shop over HTTP: REST, GraphQL and pages. Imports neither Flask, ledger nor sessions."""
