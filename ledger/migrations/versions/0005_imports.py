"""Imports, outlets that have no file, and signatures that age from the time of their import."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add what imports need; signatures that are there go on ageing from when their text was seen."""
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("head_bytes", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("within", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("passed_over", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file", "purpose"),
    )
    op.add_column("outlets", sa.Column("site", sa.Text(), nullable=True))
    op.create_unique_constraint("outlets_site_key", "outlets", ["site"])
    op.add_column("signatures", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE signatures SET kept_at = seen_at")
    op.alter_column("signatures", "kept_at", nullable=False)
    op.create_index(op.f("ix_signatures_kept_at"), "signatures", ["kept_at"], unique=False)
    op.drop_index(op.f("ix_signatures_seen_at"), table_name="signatures")
