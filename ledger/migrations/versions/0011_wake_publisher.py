"""Whoever makes something pending wakes the publisher, if it sleeps."""

from alembic import op

from ledger.locks import Lock
from ledger.wake import CHANNEL

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the trigger. A publisher that sleeps holds the lock: whoever cannot share it sends word, nobody else does."""
    op.execute(
        "CREATE FUNCTION wake_publisher() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT pg_try_advisory_xact_lock_shared({int(Lock.PUBLISHER_SLEEPS)}) THEN"
        f" PERFORM pg_notify('{CHANNEL}', ''); END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER wake_publisher AFTER INSERT OR UPDATE ON outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION wake_publisher()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER wake_publisher ON outbox")
    op.execute("DROP FUNCTION wake_publisher()")
