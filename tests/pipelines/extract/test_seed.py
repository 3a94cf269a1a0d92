"""The article that started the project, put into a page of its shape at test time."""

from html import escape

import pytest

from news.moment import Precision
from news.outlet import Outlet
from tests.pipelines.handmade import read
from tests.shared_files import shared


@pytest.fixture
def seed_lines() -> list[str]:
    seed = shared("seed/asianet-newsable.txt")
    return [line.strip() for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]


def seed_page(lines: list[str]) -> str:
    """The lines in the order of the seed, in the elements that such a page has."""
    site, headline, lead, again, dated, *rest = map(escape, lines)
    paragraphs, chrome = rest[:4], rest[4:]
    return (
        f"<html lang='en'><head><title>{headline}</title></head><body><header><a href='/'>{site[: len(site) // 2]}</a>"
        f"<a href='/'>{site[len(site) // 2 :]}</a></header><div><h1>{headline}</h1><h2>{lead}</h2><div>{again}</div>"
        f"<div class='posted'>{dated}</div><div class='postbody'>{''.join(f'<p>{each}</p>' for each in paragraphs)}</div>"
        f"<div><h3>{chrome[0]}</h3></div><div>{chrome[1]}</div><div>{chrome[2]}<ul>"
        f"{''.join(f'<li>{each}</li>' for each in chrome[3:])}</ul></div></div></body></html>"
    )


def test_the_seed_article_is_read_to_the_letter(seed_lines: list[str]) -> None:
    newsable = Outlet(
        slug="asianet_newsable",
        name="Asianet Newsable",
        home="https://newsable.asianetnews.com/",
        country="in",
        languages=("en",),
        timezone="Asia/Kolkata",
    )
    article = read(seed_page(seed_lines), newsable, url="https://newsable.asianetnews.com/world/strike")
    assert article.headline == seed_lines[1]
    assert article.alternative_headlines == ()
    assert article.standfirst == seed_lines[2]
    assert article.body.split("\n") == seed_lines[5:9]
    assert article.date_published is not None
    assert article.date_published.isoformat() == "2024-02-08T03:25:00Z"
    assert article.date_published.precision is Precision.MINUTE
    assert article.authors == ()
