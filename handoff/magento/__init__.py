"""The shop over HTTP: REST, GraphQL and pages. Imports nothing of Flask, ledger or session."""
