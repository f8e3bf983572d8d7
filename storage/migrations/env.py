"""Alembic runs this file. The connection comes from run.py, and the transaction is there already."""

from alembic import context

from billing.keyring import metadata as keyring
from billing.ledger_tables import metadata as ledger
from storage.tables import metadata as storage

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=[storage, ledger, keyring],
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter a column: the table is copied
    compare_server_default=False,  # the databases word the same default differently
)
with context.begin_transaction():
    if (
        connection.dialect.name == "postgresql"
    ):  # two processes that migrate at once: the second waits, then has nothing
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7310868735154073967)")
    context.run_migrations()
