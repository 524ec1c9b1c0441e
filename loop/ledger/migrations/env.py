"""Alembic's environment: runs on the connection that loop.ledger.migrating hands over."""

from alembic import context

from loop.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
