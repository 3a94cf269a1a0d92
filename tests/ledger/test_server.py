"""The embedded PostgreSQL is real here: each test starts its own, kills what it must, and leaves none behind."""

import psycopg
from sqlalchemy import create_engine, text


def test_each_test_has_an_empty_database(fresh_database: str) -> None:
    engine = create_engine(fresh_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE page (url text)"))
        assert connection.execute(text("SELECT count(*) FROM page")).scalar_one() == 0
    engine.dispose()


def test_the_next_test_sees_nothing_of_it(fresh_database: str) -> None:
    with psycopg.connect(fresh_database.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT to_regclass('page')").fetchone() == (None,)
