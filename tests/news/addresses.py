"""Addresses of all sorts, the well-meant and the hostile, for property tests."""

from hypothesis import strategies as st

SEGMENT = st.text(alphabet="abcXYZ019-_.~%;=+é漢 !$&'()*,:@", max_size=14)
NAME = st.sampled_from(["utm_source", "ref", "id", "p", "page", "fbclid", "source", "q", "a%62", "%75tm_x", "%"])
URLS = st.builds(
    lambda scheme, host, port, path, query, fragment: f"{scheme}://{host}{port}/{'/'.join(path)}?{query}#{fragment}",
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(
        [
            "example.org",
            "WWW.Example.org.",
            "m.example.co.uk",
            "www.amp.com.au",
            "www.daily.example",
            "m.localhost",
            "bücher.example",
            "127.0.0.1",
            "[::1]",
        ]
    ),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.lists(SEGMENT | st.sampled_from([".", "..", "%2e%2E", "a;jsessionid=1"]), max_size=5),
    st.lists(st.tuples(NAME, SEGMENT).map("=".join), max_size=4).map("&".join),
    SEGMENT,
)

#: pieces of which hostile addresses are put together: each means something to some step of the normal form
_PIECES = st.sampled_from(
    """/ // . .. /./ /../ ; ;jsessionid= ;JSESSIONID=1 ;phpsessid=2; %3Bjsessionid=1 ? # & = && ?& &=& = + % %% %2 %25 %2e
    %2E%2e %2F %41 %4 %zz %C3%A9 %00 %0a @ : :80 [ ] [::1] | \\ ^ ` { } < > " ' ~ _ - amp amp/ .amp .html index print
    m. www. utm_source=x ref=1 a b 12345 flood-hits-town é ß 漢 。 ． ① ⓪ İ ǅ ſ ﬁ 😀 xn-- xn--strae-oqa http:// https://
    /amp/s/ /c/s/ www.google.com cdn.ampproject.org""".split()
) | st.sampled_from(
    [
        "\ud800",
        "\udc00",
        "\ud83d\ude00",
        "\x00",
        "\t",
        "\n",
        "\r",
        "\x1b",
        "\x7f",
        "\x85",
        "\xa0",
        "\u202e",
        "\u200d",
        " ",
        "",
    ]
)
_MESS = st.lists(_PIECES | st.characters(codec=None, exclude_categories=()), max_size=12).map("".join)
#: of all characters that there are, lone surrogates too, with a beginning that lets most of them be addresses
HOSTILE = st.builds(
    lambda start, host, rest: f"{start}{host}{rest}",
    st.sampled_from(["http://", *["https://"] * 9, "HTTPS://", " https://", "https://u:p@", "https:", "//", ""]),
    st.sampled_from(
        """example.org www.example.org m.example.co.uk a.example. straße.de STRASSE.de bücher.example a_b.example -a-.example
        r3---sn.example xn--strae-oqa.de 127.0.0.1 [::1] [::FFFF:1.2.3.4] [v1.a] example.org:8080 example.org:080
        example.org: example.org:0 example.org:99999 www.google.com x.cdn.ampproject.org cdn.ampproject.org
        amp.m.www.example.org www.www""".split()
    )
    | _MESS,
    st.builds("/{}".format, _MESS) | _MESS,
)
