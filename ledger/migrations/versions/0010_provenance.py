"""Where each version was read from and with what, the newest raw pages, reprocessing, and recrawls joined by id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"

_NOW, _ZERO = sa.text("now()"), sa.text("0")


def upgrade() -> None:
    """Add the columns and tables; what was recorded before has no provenance, and a recrawl that was answered one."""
    for name in ("page_hash", "read_with", "lines"):
        op.add_column("versions", sa.Column(name, sa.LargeBinary()))
    op.add_column("attempts", sa.Column("recrawl_id", sa.Uuid()))
    op.add_column("recrawls", sa.Column("attempt_id", sa.BigInteger()))
    op.execute(
        "UPDATE recrawls SET attempt_id = (SELECT id FROM attempts WHERE attempts.url = recrawls.url"
        " AND attempts.at >= recrawls.asked_at ORDER BY attempts.at, attempts.id LIMIT 1)"
    )
    op.execute("UPDATE imports SET purpose = 'reprocess' WHERE purpose = 'reread'")
    op.create_index("ix_recrawls_open", "recrawls", ["url"], postgresql_where=sa.text("attempt_id IS NULL"))
    op.add_column("robots", sa.Column("skipped_lines", sa.Integer(), nullable=False, server_default=_ZERO))
    op.create_table(
        "raw_pages",
        sa.Column("article_id", sa.Uuid(), sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("page_hash", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSONB(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("content_bytes", sa.Integer(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute("ALTER TABLE raw_pages ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_index("ix_raw_pages_fetched_at", "raw_pages", ["fetched_at"])
    op.create_table(
        "reprocessings",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("outlet", sa.Text()),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("read_with", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "reprocessing_parts",
        sa.Column(
            "reprocessing_id", sa.BigInteger(), sa.ForeignKey("reprocessings.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("up_to", sa.Uuid(), nullable=False),
        sa.Column("last", sa.Uuid(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False, server_default=_ZERO),
        sa.Column("changed", sa.Integer(), nullable=False, server_default=_ZERO),
        sa.Column("results", JSONB(), nullable=False, server_default="{}"),
        sa.Column("refusals", JSONB(), nullable=False, server_default="{}"),
        sa.Column("fields", JSONB(), nullable=False, server_default="{}"),
        sa.Column("examples", JSONB(), nullable=False, server_default="[]"),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False, server_default=_NOW),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("reprocessing_id", "part"),
    )


def downgrade() -> None:
    op.execute("UPDATE imports SET purpose = 'reread' WHERE purpose = 'reprocess'")
    for table in ("reprocessing_parts", "reprocessings", "raw_pages"):
        op.drop_table(table)
    op.drop_index("ix_recrawls_open", "recrawls")
    for table, column in (
        ("robots", "skipped_lines"),
        ("recrawls", "attempt_id"),
        ("attempts", "recrawl_id"),
        ("versions", "lines"),
        ("versions", "read_with"),
        ("versions", "page_hash"),
    ):
        op.drop_column(table, column)
