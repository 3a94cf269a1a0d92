"""The schema fitted to a server: what it can analyse better than every Elasticsearch can is used.

ICU, kuromoji, nori, smartcn, Polish and Ukrainian are plugins of Elastic's that a server may have or not.
"""

from dataclasses import dataclass
from typing import Any

from elasticsearch import AsyncElasticsearch, BadRequestError

from index.protocol import Stream
from index.schema import schema

#: languages, the plugin's analyzer for them, and the plugin
_BETTER = (
    (("zh",), "smartcn", "analysis-smartcn"),
    (("ja",), "kuromoji", "analysis-kuromoji"),
    (("ko",), "nori", "analysis-nori"),
    (("pl",), "polish", "analysis-stempel"),
)
#: what ICU does better: folding in every script, word ends in scripts without spaces
_ICU = {"tokenizer": "icu_tokenizer", "filter": ["icu_folding"]}


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The settings and mappings for one server, and what was chosen in sentences for a person."""

    settings: dict[str, Any]
    mappings: dict[str, Any]
    notes: tuple[str, ...] = ()


async def fit(client: AsyncElasticsearch, stream: Stream) -> Fitted:
    """Return the stream's schema with the best analysis that the server has."""
    made = schema(stream)
    settings, mappings = made["settings"], made["mappings"]
    if stream == "events":
        return Fitted(settings=settings, mappings=mappings)
    chosen, missing = [], []
    own = mappings["properties"]["i18n"]["properties"]
    for languages, analyzer, plugin in _BETTER:
        if await _has(client, {"analyzer": analyzer}):
            for language in languages:
                for field in own[language]["properties"].values():
                    field["analyzer"] = analyzer
            chosen.append(f"{', '.join(languages)}: {analyzer}")
        else:
            missing.append(plugin)
    if await _has(client, _ICU):
        filters = settings["analysis"]["filter"]
        filters["fold"] = filters["fold_plain"] = {"type": "icu_folding"}
        settings["analysis"]["analyzer"]["dense"] = {"type": "custom"} | _ICU
        chosen.append("folding of all scripts and Lao, Khmer, Burmese: ICU")
    else:
        missing.append("analysis-icu")
    notes = []
    if chosen:
        notes.append(f"Used of the server's plugins: {'; '.join(chosen)}.")
    if missing:
        notes.append(f"The server lacks {', '.join(missing)}; what every Elasticsearch has is used instead.")
    mappings["_meta"]["notes"] = notes
    return Fitted(settings=settings, mappings=mappings, notes=tuple(notes))


async def _has(client: AsyncElasticsearch, analysis: dict[str, Any]) -> bool:
    """Say whether the server can carry out this analysis."""
    try:
        await client.indices.analyze(text="a", **analysis)
    except BadRequestError:
        return False
    return True
