"""What the timetable, recrawls on demand and the knowledge of an outlet's health remember."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add tables and columns; what was found and fetched before is counted when a daemon first looks."""
    op.add_column("outlets", sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("sources", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("sources", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "recrawls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("force", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_recrawls_url_asked_at"), "recrawls", ["url", "asked_at"], unique=False)
    op.create_table(
        "completeness",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("fetched", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stored", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("undated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("letters", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "hour"),
    )
    op.create_index(op.f("ix_completeness_hour"), "completeness", ["hour"], unique=False)
    op.create_table(
        "arrivals",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "source", "hour"),
    )
    op.create_table(
        "health",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected", sa.Float(), nullable=True),
        sa.Column("seen", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("outlet"),
    )
    # rows come nearly in the order of their times: such an index is tiny
    for table, column in (("pages", "found_at"), ("attempts", "at"), ("articles", "first_seen_at")):
        op.create_index(f"ix_{table}_{column}_brin", table, [column], unique=False, postgresql_using="brin")
