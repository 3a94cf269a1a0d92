"""An outlet's past, filled in from its sitemaps: what is wanted alone, behind what is new, and resumed after a kill."""

import json
import re
import signal
import time
from pathlib import Path

import psycopg

from tests import warm
from tests.schedules.imported_pages import page
from tests.schedules.processes import PATIENCE_SECONDS, silent, until
from tests.schedules.test_house import libpq
from tests.schedules.test_looking import broadsheet, environ, serving  # noqa: F401 - a fixture

INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'
URLS = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
MONTHS = ("2026-03", "2026-02", "2026-01", "2019-05")


def story(month: str, number: int) -> str:
    return f"/{month.replace('-', '/')}/0{number + 3}/story-of-the-day-{number:06}"


def newsroom() -> dict[str, str | bytes]:
    """A site whose front page shows one story; nine more stand in its sitemaps of three months, and some of years ago."""
    parts = "".join(f"<sitemap><loc>{{origin}}/map-{month}.xml</loc></sitemap>" for month in MONTHS)
    pages: dict[str, str | bytes] = {
        "/robots.txt": "User-agent: *\nSitemap: {origin}/index.xml\n",
        "/index.xml": INDEX.format(parts),
        "/": '<a href="/politics/story-of-the-day-000099">new</a>',
        "/politics/story-of-the-day-000099": page(99).content,
    }
    for place, month in enumerate(MONTHS):
        numbers = range(place * 3, place * 3 + 3)
        rows = "".join(f"<url><loc>{{origin}}{story(month, number % 3)}-{place}</loc></url>" for number in numbers)
        rows += f"<url><loc>{{origin}}/2018/01/01/long-ago-{place}</loc></url>"
        pages[f"/map-{month}.xml"] = URLS.format(rows)
        pages |= {f"{story(month, number % 3)}-{place}": page(number).content for number in numbers}
    return pages


def test_filling_in_says_how_far_it_is_and_when_stopped_what_is_still_due(tmp_path: Path, environ):  # noqa: F811
    (tmp_path / "outlets").mkdir()
    with serving(newsroom()) as site, (tmp_path / "said").open("w+") as said:
        file = tmp_path / "outlets" / "daily.toml"
        file.write_text(f'name = "Daily"\nhome = "{site.origin}/"\ndelay_seconds = 5\n')
        started = warm.start(["crawl", "daily", "--since", "2026-01-01"], environ, stdout=said, stderr=said)
        until(lambda: "not fetched yet" in (tmp_path / "said").read_text(), "a line of progress", tmp_path / "said")
        started.send_signal(signal.SIGINT)
        assert started.wait(PATIENCE_SECONDS) == 130
        *lines, last = (tmp_path / "said").read_text().splitlines()
        assert lines
        assert not [line for line in lines if not line.startswith("Backfilling: daily: ")]
        assert re.fullmatch(
            r"Stopped\. daily: \d of \d sitemaps read, \d pages fetched, \d+ found and not fetched yet; "
            r"the same command resumes\.",
            last,
        )


def test_the_past_is_filled_in_once_and_goes_on_after_a_kill(tmp_path: Path, environ, fresh_database):  # noqa: F811
    (tmp_path / "outlets").mkdir()
    with serving(newsroom()) as site:
        file = tmp_path / "outlets" / "daily.toml"
        file.write_text(
            f'name = "Daily"\nhome = "{site.origin}/"\nfront_pages = ["{site.origin}/"]\ndelay_seconds = 0.2\n'
        )
        started = silent(["crawl", "daily", "--since", "2026-01-01"], environ)
        while "/map-2026-02.xml" not in [path for path, _ in site.asked] and started.poll() is None:
            time.sleep(0.05)
        started.send_signal(signal.SIGKILL)
        started.wait()
        ran = broadsheet(environ, "crawl", "daily", "--since", "2026-01-01", "--json")
        said = json.loads(ran.stdout)["daily"]
        assert {name: said[name] for name in ("parts", "parts_read", "waiting", "fetched")} == {
            "parts": 5,
            "parts_read": 5,
            "waiting": 0,
            "fetched": 9,
        }
        # all that was announced has its place: nine new pages, three that name an earlier day, and a part that does
        assert said["failed"] == {}
        assert {name: count for name, count in said["sum"].items() if count and name != "examples"} == {
            "announced": 13,
            "taken": 9,
            "too_old": 4,
            "parts": 4,
        }
        asked = [path for path, _ in site.asked]
        # neither the part of years ago nor an address that names a day before
        assert not [path for path in asked if "2019" in path or "2018" in path]
        with psycopg.connect(libpq(fresh_database)) as connection:
            assert connection.execute("SELECT count(*), sum(version) FROM articles").fetchone() == (9, 9)
            query = (
                "SELECT source, announced - taken - known - other_site - not_article - refused, too_old, parts"
                " FROM source_sums WHERE source LIKE '%.xml'"
            )
            sums = {row[0].rpartition("/")[2]: row[1:] for row in connection.execute(query)}
        # what is older is counted, in the index and in its parts
        assert sums == {"index.xml": (1, 1, 4)} | {
            f"map-{month}.xml": (1, 1, 0) for month in MONTHS if "2019" not in month
        }
        # further back, only what is further back
        site.asked.clear()
        broadsheet(environ, "crawl", "daily", "--since", "2019-01-01")
        again = [path for path, _ in site.asked if "story" in path]
        assert len(again) == 3
        assert all("2019" in path for path in again)


def test_a_backfill_without_a_readable_sitemap_says_so_and_fails(tmp_path: Path, environ):  # noqa: F811
    (tmp_path / "outlets").mkdir()
    file = tmp_path / "outlets" / "daily.toml"
    with serving({"/": "<p>nothing</p>"}) as site:
        about = f'name = "Daily"\nhome = "{site.origin}/"\ndelay_seconds = 0.1\n'
        file.write_text(about)
        ran = broadsheet(environ, "crawl", "daily", "--since", "2026-01-01", code=1)
        assert "/sitemap.xml could not be read: " in ran.stderr
        assert "daily: no sitemap could be read, so nothing older was found." in ran.stderr
        assert "Traceback" not in ran.stderr
    # the site is not even there; another sitemap is named besides
    file.write_text(f'{about}sitemaps = ["{site.origin}/named.xml"]\n')
    ran = broadsheet(environ, "crawl", "daily", "--since", "2026-01-01", "--json", code=1)
    said = json.loads(ran.stdout)["daily"]
    assert f"{site.origin}/named.xml" in said["failed"]
    assert said["sum"]["announced"] == 0


def test_a_backfill_of_which_a_sitemap_is_broken_names_it_and_gives_its_sum(tmp_path: Path, environ):  # noqa: F811
    (tmp_path / "outlets").mkdir()
    rows = "".join(
        f"<url><loc>{each}</loc></url>"
        for each in (f"{{origin}}{story('2026-02', 1)}", "https://elsewhere.example/a", "{origin}/2018/01/01/long-ago")
    )
    pages: dict[str, str | bytes] = {
        "/map.xml": URLS.format(rows),
        "/broken.xml": "no sitemap at all",
        story("2026-02", 1): page(1).content,
    }
    with serving(pages) as site:
        file = tmp_path / "outlets" / "daily.toml"
        maps = ", ".join(f'"{site.origin}/{name}.xml"' for name in ("map", "broken"))
        file.write_text(f'name = "Daily"\nhome = "{site.origin}/"\ndelay_seconds = 0.1\nsitemaps = [{maps}]\n')
        ran = broadsheet(environ, "crawl", "daily", "--since", "2026-01-01")
    said = [line for line in ran.stderr.splitlines() if not line.startswith("Backfilling")]
    assert said == [f"daily: {site.origin}/broken.xml could not be read: unreadable"]
    assert "daily: 1 sitemap read, 1 older pages fetched" in ran.stdout
    assert (
        "announced 3: 1 new, 1 on another site (such as https://elsewhere.example/a), 1 too old (such as " in ran.stdout
    )
