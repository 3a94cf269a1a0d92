"""The job queue's tables, as Procrastinate 3.10 ships them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run Procrastinate's own schema; a later Procrastinate's migrations become revisions of ours."""
    # several statements with % in them: on the driver's cursor, for SQLAlchemy would take them for parameters
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
