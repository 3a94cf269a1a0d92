"""Documents that would cost a parser far more than their bytes: each is refused by each reader, and real ones are read."""

import gzip
from datetime import UTC, datetime

import pytest

from crawler.opml import read_list
from crawler.sources import read_source
from crawler.xml_bounds import FEED_ELEMENTS, MOST_ATTRIBUTES, MOST_LEVELS, SITEMAP_ELEMENTS, TAG_BYTES, excess_of
from news.errors import BroadsheetError, ConfigurationError, SourceUnreadable
from news.outlet import SourceKind
from news.page import Page

ADDRESS = "https://www.paper.com/news/a"
#: reader -> a document of its kind, with a place before its root and one within
READERS = {
    "feed": f'{{head}}<rss version="2.0"><channel><item><link>{ADDRESS}</link></item>{{inside}}</channel></rss>',
    "sitemap": f"{{head}}<urlset><url><loc>{ADDRESS}</loc></url>{{inside}}</urlset>",
    "list": f'{{head}}<opml version="2.0"><body><outline htmlUrl="{ADDRESS}"/>{{inside}}</body></opml>',
}
DEEP, MANY = 100_000, SITEMAP_ELEMENTS + 1
LAUGHS = "<!DOCTYPE x [<!ENTITY e0 'ha'>" + "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(12)) + "]>"
#: what is put before the root, what within it, and a word of the reason
HOSTILE = {
    "entities of entities": (LAUGHS, "<a>&e12;</a>", "entities"),
    "one long entity": (f'<!DOCTYPE x [\n<!ENTITY a "{"x" * 9_000}">\n]>', "&a;" * 9_000, "entities"),
    "an entity of a file": ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;", "entities"),
    "parameter entities": ('<!DOCTYPE x PUBLIC "-//>" "x.dtd" [<!ENTITY % a SYSTEM "x"> %a;]>', "", "entities"),
    "default attributes": ('<!DOCTYPE x [<!ATTLIST a b CDATA "xxxx">]>', "<a/>", "entities"),
    "behind a comment": ("<!-- <x> -->" + LAUGHS, "", "entities"),
    "behind a comment that ends twice": ("<!-- -- > <x> -->" + LAUGHS, "", "entities"),
    "in a comment, which feedparser believes": ('<!DOCTYPE x>\n<!--\n<!ENTITY a "x">\n-->', "&a;", "entities"),
    "a DOCTYPE within": ("", LAUGHS, "entities"),
    "deep": ("", "<a>" * DEEP + "</a>" * DEEP, "deep"),
    "deep and never closed": ("", "<a>" * DEEP, "deep"),
    "deep, closed by others' names": ("", "<a></b>" * DEEP, "deep"),
    "deep in upper and lower case": ("", "<A>" * DEEP, "deep"),
    "deep in what only seems a comment": ("", "<!-- -- >" + "<a>" * DEEP + "-->", "deep"),
    "deep in an instruction": ("", "<?x >" + "<a>" * DEEP + "?>", "deep"),
    "many elements": ("", "<a/>" * MANY, "elements"),
    "many ends": ("", "</a>" * MANY, "elements"),
    "many beginnings of a tag": ("", "<" * MANY, "elements"),
    "an endless attribute": ("", f'<a b="{"x" * TAG_BYTES}"/>', "bytes"),
    "an attribute without end": ("", f'<a b="{"x" * TAG_BYTES}', "bytes"),
    "an endless name": ("", f"<{'x' * TAG_BYTES}/>", "bytes"),
    "many attributes": ("", "<a " + " ".join(f'a{n}=""' for n in range(9_000)) + "/>", "attributes"),
    "a comment without end": ("", "<!-- " * 9, "comment"),
}
#: beside their plain form
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def read(reader: str, content: bytes, content_type: str = "application/xml") -> list[str]:
    """Return the addresses that a reader finds."""
    if reader == "list":
        return [each.home for each in read_list(content)]
    page = Page(url=ADDRESS, final_url=ADDRESS, status=200, headers={"content-type": content_type}, content=content,
                fetched_at=datetime.now(UTC))  # fmt: skip
    return [each.url for each in read_source(SourceKind(reader), page).found]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("head", "inside", "word"), HOSTILE.values(), ids=HOSTILE)
def test_a_bomb_is_refused_by_each_reader_with_what_is_wrong(reader: str, head: str, inside: str, word: str) -> None:
    kind = ConfigurationError if reader == "list" else SourceUnreadable
    with pytest.raises(kind, match=word):
        read(reader, READERS[reader].format(head=head, inside=inside).encode())


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("head", "inside"), [(LAUGHS, ""), ("", "<a>" * 999)], ids=["entities", "deep"])
def test_a_bomb_is_seen_in_each_encoding_that_a_parser_detects(encoding: str, head: str, inside: str) -> None:
    for document in READERS.values():
        assert excess_of(document.format(head='<?xml version="1.0"?>' + head, inside=inside).encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape", "cp037", "iso2022_jp", "utf-16-be"])
def test_a_bomb_is_seen_in_an_encoding_that_is_only_declared(encoding: str) -> None:
    hidden = {
        "utf-7": LAUGHS.replace("<", "+ADw-").encode(),
        "unicode_escape": LAUGHS.replace("<", "\\x3c").encode(),
        # what is a comment's beginning to who reads bytes is a letter there
        "iso2022_jp": b"\x1b$B<!--\x1b(B" + LAUGHS.encode() + b"-->",
    }.get(encoding, LAUGHS.encode(encoding, "replace"))
    assert excess_of(hidden + b"\n<rss/>", charset=encoding)
    if encoding not in ("cp037", "utf-16-be"):
        assert excess_of(f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + hidden)


@pytest.mark.parametrize(
    "encoding", ["", "no-such-charset", "rot13", "base64", "\x00", "utf-8", "windows-1252", "shift_jis"]
)
def test_an_encoding_that_is_none_or_harmless_changes_nothing(encoding: str) -> None:
    assert excess_of(b"<rss><channel/></rss>", charset=encoding) == ""


def feed(inside: str, head: str = '<?xml version="1.0"?>') -> str:
    return READERS["feed"].format(head=head, inside=inside)


#: as outlets serve them
REAL = {
    "RSS 0.91 with its DOCTYPE": feed(
        "", '<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"\n'
        ' "http://my.netscape.com/publish/formats/rss-0.91.dtd">\n'
    ),
    "a DOCTYPE by its system": feed("", '<!DOCTYPE rss SYSTEM "rss-0.91.dtd">'),
    "entities told of in CDATA": feed(f"<item><description><![CDATA[{LAUGHS}<p><p>]]></description></item>"),
    "entities told of in a comment": feed(f"<!-- {LAUGHS} -->"),
    "entities told of in a comment before the root": feed("", f"<!-- {LAUGHS.replace('<!DOCTYPE', '')} -->"),
    "entities told of as text": feed("<item><title>&lt;!ENTITY a &quot;b&quot;&gt;</title></item>"),
    "XHTML forty deep": (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="{ADDRESS}"/><content type="xhtml">'
        + "<div>" * 40 + "x" + "</div>" * 40 + "</content></entry></feed>"
    ),
    "unescaped HTML": feed(("<item><description>" + "a<br>b<img src=x>" * 300 + "</description></item>") * 3),
    "paragraphs that are never closed": feed("<item><description><p>a<p>b<li>c</description></item>" * 300),
    "a thousand items": feed("<item><title>t</title><guid>g</guid><pubDate/><category/><author/></item>" * 1_000),
    "CDATA without end": feed("<item><description><![CDATA[" + "<p>" * 999),
    "an image in an attribute": feed(f'<item><img src="data:image/png;base64,{"A" * 500_000}=="/></item>'),
    "as many levels as may be": feed("<a>" * (MOST_LEVELS - 2) + "</a>" * (MOST_LEVELS - 2)),
    "as many attributes as may be": feed("<a " + " ".join(f'a{n}=""' for n in range(MOST_ATTRIBUTES)) + "/>"),
}  # fmt: skip


@pytest.mark.parametrize("document", REAL.values(), ids=REAL)
def test_a_feed_as_outlets_serve_them_is_read(document: str) -> None:
    assert ADDRESS in read("feed", document.encode())


def test_a_sitemap_of_as_many_rows_as_the_standard_allows_is_read() -> None:
    rows = "<url><loc>/a</loc><lastmod>2024-07-06</lastmod><changefreq/><priority/></url>" * 49_999
    assert excess_of(READERS["sitemap"].format(head="", inside=rows).encode(), elements=SITEMAP_ELEMENTS) == ""


def test_a_feed_of_eighty_thousand_items_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match=f"more than {FEED_ELEMENTS:,} elements"):
        read("feed", feed("<item><title>t</title><link>/a</link></item>" * 80_000).encode())


def test_a_sitemap_that_grows_when_it_is_unpacked_is_refused() -> None:
    packed = gzip.compress(READERS["sitemap"].format(head="", inside=" " * 60_000_000).encode())
    assert len(packed) < 100_000
    with pytest.raises(SourceUnreadable, match="bytes when unpacked"):
        read("sitemap", packed)


def test_what_a_reference_hides_is_seen() -> None:
    # of a reference to no character nothing is left
    hidden = LAUGHS.replace("<!ENTITY", "<!ENT&#0;ITY").replace("DOCTYPE", "DOC&#0;TYPE")
    for reader in ("feed", "sitemap"):
        with pytest.raises(BroadsheetError, match="entities"):
            read(reader, READERS[reader].format(head=hidden, inside="").encode())
