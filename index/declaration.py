"""What is declared of a field, and of a filter with counts over one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DeclaredFacet:
    """A filter with counts. Its values are compared without case and accents."""

    #: its heading on the page
    label: str
    #: what else people call it
    aliases: tuple[str, ...] = ()
    #: the document in, its value or values out; None: what the field holds
    values: Callable[[Mapping[str, Any]], Any] | None = None
    #: the document's fields that `values` reads; none: the field itself
    read_from: tuple[str, ...] = ()
    #: codes and flags: their folded form is the one to show
    is_code: bool = False
    #: all values that there can be, where they are few and known
    vocabulary: tuple[str, ...] = ()
    #: counted where nobody says which facets are wanted
    is_usual: bool = False
    #: it has a list on the page; without, it is a filter alone
    is_listed: bool = False
    #: it says something when it is so; that it is not so is what everyone expects
    is_flag: bool = False
    #: its values are people's names: a filter by one word finds all names that have it
    has_names: bool = False
    #: about as many values as articles: Elasticsearch prepares nothing for counting them
    is_unique: bool = False


@dataclass(frozen=True, kw_only=True)
class DeclaredField:
    """One field of an article."""

    #: as Elasticsearch maps it
    type: Json
    #: what it holds, for people
    means: str
    #: PostgreSQL's weight of its words, A to D; None: its words are not searched
    weight: str | None = None
    #: how much a word in it counts in Elasticsearch beside one in the body. A field that has this is analysed in the
    #: article's own language, too, and can be asked for by its name
    boost: int | None = None
    #: what else people call the field in a query
    aliases: tuple[str, ...] = ()
    facet: DeclaredFacet | None = None
    #: the facet's name, where it is another than the field's
    facet_name: str = ""
