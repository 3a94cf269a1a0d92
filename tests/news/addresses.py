"""Addresses of all sorts, for property tests."""

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
