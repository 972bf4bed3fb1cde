"""Webhooks: the events in the ledger's outbox are posted to the receivers of the settings."""
