"""Stories, their signatures, and tombstones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what stories and tombstones need; articles that were there before join a story at their next change."""
    for column in (
        sa.Column("edits", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("story_id", sa.Uuid(), nullable=True),
        sa.Column("copy_of", sa.Uuid(), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("out_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_status", sa.Integer(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("articles", column)
    op.create_index(op.f("ix_articles_story_id"), "articles", ["story_id"], unique=False)
    op.create_table(
        "signatures",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("bands", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_signatures_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "version"),
    )
    op.create_index(op.f("ix_signatures_seen_at"), "signatures", ["seen_at"], unique=False)
    op.create_index(
        "ix_signatures_bands",
        "signatures",
        ["bands"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": False},
    )
    op.create_table(
        "merged_stories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("into", sa.Uuid(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_merged_stories_into"), "merged_stories", ["into"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_tombstones_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "gone_at"),
    )
