"""The shop over HTTP. Knows nothing of Flask, the ledger or the session."""
