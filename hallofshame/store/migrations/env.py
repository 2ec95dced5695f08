"""How alembic runs here: `migrate` hands it an open connection; there is no ini file and no offline mode."""

from alembic import context

from hallofshame.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
