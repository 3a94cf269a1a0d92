"""`broadsheet crawl` and the daemon beside what goes wrong: what waits is said, a broken file stops nobody."""

import json
import re
import subprocess
from pathlib import Path

from tests import warm
from tests.schedules.processes import asked, running, until
from tests.schedules.site import Site, article, write_outlet


def broadsheet(environ: dict[str, str], *arguments: str, code: int) -> subprocess.CompletedProcess[str]:
    ran = warm.run(arguments, environ)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran


def test_a_crawl_says_what_waits_for_another_try_and_how_to_fetch_it_now(
    tmp_path: Path, environ: dict[str, str], site: Site
) -> None:
    boats, storm = "/2024/boats-counted-at-the-quay", "/2024/a-storm-over-the-harbour"
    site.has(boats, article("Boats counted"))
    site.has(storm, "not now", status=500)
    site.lists(boats, storm)
    write_outlet(tmp_path, "harbour", site)
    said = broadsheet(environ, "crawl", "harbour", code=0).stdout
    assert re.search(
        r"1 page will be retried, the next at \d\d:\d\d UTC\. Fetch one now: broadsheet recrawl URL\n", said
    )
    told = json.loads(broadsheet(environ, "crawl", "harbour", "--json", code=0).stdout)
    assert (told["waiting"], told["problems"]) == (1, {})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", told["next_at"])
    assert "the site answers 500" in broadsheet(environ, "recrawl", site.url + storm, code=1).stdout
    site.has(storm, article("A storm"))
    broadsheet(environ, "recrawl", site.url + storm, code=0)
    told = json.loads(broadsheet(environ, "crawl", "harbour", "--json", code=0).stdout)
    assert (told["waiting"], told["next_at"]) == (0, None)


def test_a_crawl_in_which_every_page_fails_is_an_outlet_that_could_not_be_crawled(
    tmp_path: Path, environ: dict[str, str], site: Site
) -> None:
    site.has("/2024/a-storm-over-the-harbour", "not now", status=500)
    site.lists("/2024/a-storm-over-the-harbour")
    write_outlet(tmp_path, "harbour", site)
    assert "harbour: no page could be fetched and extracted." in broadsheet(environ, "crawl", "harbour", code=1).stderr


def test_a_worker_starts_beside_a_broken_file_names_it_and_crawls_the_others(
    tmp_path: Path, environ: dict[str, str], site: Site, fresh_database: str
) -> None:
    site.has("/2024/boats-counted-at-the-quay", article("Boats counted"))
    site.lists("/2024/boats-counted-at-the-quay")
    write_outlet(tmp_path, "harbour", site)
    (tmp_path / "outlets" / "nested.toml").write_text("x = " + "[" * 30_000)
    (tmp_path / "outlets" / "folder.toml").mkdir()
    log = tmp_path / "log"
    with running(["worker"], environ, log):
        until(lambda: asked(fresh_database, "SELECT 1 FROM articles"), "the article is stored", log)
    broken = [line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "outlet_file_broken"]
    assert [line["level"] for line in broken] == ["warning", "warning"]
    assert "folder.toml: not a file" in broken[0]["reason"]
    assert "nested.toml: it is nested too deeply" in broken[1]["reason"]
    assert "nested.toml" in broadsheet(environ, "status", code=0).stdout
