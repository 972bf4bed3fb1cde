"""Runs migrations on the connection that `migrate_on_connection` passes."""

from alembic import context

from handoff.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
