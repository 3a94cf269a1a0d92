"""What every room's tests rely on: an empty database for each."""

import psycopg
from sqlalchemy import create_engine, text

from tests.databases import libpq


def test_each_test_has_an_empty_database(empty_database: str) -> None:
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE page (url text)"))
        assert connection.execute(text("SELECT count(*) FROM page")).scalar_one() == 0
    engine.dispose()


def test_the_next_test_sees_nothing_of_it(empty_database: str) -> None:
    with psycopg.connect(libpq(empty_database)) as connection:
        assert connection.execute("SELECT to_regclass('page')").fetchone() == (None,)
