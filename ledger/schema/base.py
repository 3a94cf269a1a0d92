"""What all tables have in common."""

from sqlalchemy import DateTime, MetaData, text

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
)

Instant = DateTime(timezone=True)
NOW = text("now()")
#: what is later was written by a clock that was ahead, and is not believed (news.clock.TOLERANCE)
LATEST = text("clock_timestamp() + interval '1 minute'")
ZERO = text("0")
