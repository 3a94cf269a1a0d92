"""From one schema version to the next while people search and the publisher writes: nothing lost, nothing stale.

Where a migration stands is read off the server, so it can be broken off at any step and begun again:

1. the next index is made, with the alias `<alias>-next`, which tells every writer to write to both;
2. once every writer must have seen that alias, the old index is copied; external versions let nothing older through;
3. what was written meanwhile is copied again, and both are compared document by document until they agree;
4. one request moves the alias. The old index stays until `drop_old`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elasticsearch import NotFoundError

from index.elasticsearch.analysis import fit
from index.elasticsearch.backend import ElasticsearchIndex
from index.elasticsearch.client import our_words
from index.elasticsearch.compare import Difference, differences, mend
from index.elasticsearch.create import versions
from index.elasticsearch.targets import BELIEVED_SECONDS, NEXT, holders, migrations
from index.protocol import Stream
from index.schema import STREAMS, schema_version
from news.errors import IndexUnavailable

#: seconds until every writer has looked for the next alias again, with what it had under way by then done
SETTLE_SECONDS = 2 * BELIEVED_SECONDS
#: times that old and next are compared; under live writes the last few seconds may differ once or twice
COMPARISONS = 5
#: seconds between two looks at a copy that runs on the server
LOOK_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """What a migration came to."""

    stream: Stream
    old: str
    new: str
    documents: int
    #: documents that had to be mended after the copy, because they changed while it ran
    mended: int


async def migrate(
    index: ElasticsearchIndex,
    report: Callable[[str], None] = lambda line: None,
    *,
    again: bool = False,
    settle_seconds: float = SETTLE_SECONDS,
) -> list[Migrated]:
    """Bring each stream's index to the schema that this version of Broadsheet knows; return what was migrated.

    `report` is told each step in a sentence. A migration that was broken off goes on. With `again` the same schema is
    made anew, for a server that has new plugins. Raises IndexUnavailable; then everything is as searchable as before.
    """
    done = []
    async with our_words(index.client, index.place):
        for stream in STREAMS:
            step = _Step(index, stream, report, settle_seconds)
            if await step.is_due(again=again):
                done.append(await step.run())
    return done


async def drop_old(index: ElasticsearchIndex) -> list[str]:
    """Remove the indices of earlier schemas that no alias names any more, and return their names."""
    removed = []
    async with our_words(index.client, index.place):
        for alias in index.aliases.values():
            for name, each in (await versions(index.client, alias)).items():
                if not each["aliases"]:
                    await index.client.indices.delete(index=name)
                    removed.append(name)
    return removed


async def abandon(index: ElasticsearchIndex) -> list[str]:
    """Give up a migration under way: remove the next index of each stream, and return their names."""
    async with our_words(index.client, index.place):
        removed = sorted((await migrations(index.client, index.aliases)).values())
        for name in removed:
            await index.client.indices.delete(index=name)
    return removed


class _Step:
    """The migration of one stream."""

    def __init__(
        self, index: ElasticsearchIndex, stream: Stream, report: Callable[[str], None], settle_seconds: float
    ) -> None:
        self.client = index.client
        self.place = index.place
        self.aliases = index.aliases
        self.stream = stream
        self.alias = index.aliases[stream]
        self.report = report
        self.settle_seconds = settle_seconds

    async def is_due(self, *, again: bool) -> bool:
        """Say whether there is something to migrate, or a migration to finish."""
        if await self._next():
            return True
        _, version = await self._current()
        if again or version < schema_version(self.stream):
            return True
        self.report(f"{self.alias}: schema {version} is the newest.")
        return False

    async def run(self) -> Migrated:
        """Carry out what is left of the four steps."""
        old, _ = await self._current()
        new = await self._next() or await self._make(old)
        self.report(f"{new}: waiting {self.settle_seconds:.0f} s until every writer writes to both.")
        await asyncio.sleep(self.settle_seconds)
        await self._copy(old, new)
        mended = await self._agree(old, new)
        documents = int((await self.client.count(index=new))["count"])
        await self.client.indices.update_aliases(
            actions=[
                {"remove": {"index": old, "alias": self.alias}},
                {"add": {"index": new, "alias": self.alias, "is_write_index": True}},
                {"remove": {"index": new, "alias": self.alias + NEXT}},
            ]
        )
        self.report(f"{self.alias}: {documents} documents are searched in {new} now; {old} stays until it is dropped.")
        return Migrated(stream=self.stream, old=old, new=new, documents=documents, mended=mended)

    async def _current(self) -> tuple[str, int]:
        await holders(self.client, self.alias, self.place)
        try:
            found = await self.client.indices.get(index=self.alias)
        except NotFoundError:
            raise IndexUnavailable(
                f"There is no index '{self.alias}' to migrate; `broadsheet index create` creates it."
            ) from None
        ((name, each),) = found.body.items()
        return name, int(each["mappings"].get("_meta", {}).get("schema_version", 0))

    async def _next(self) -> str | None:
        return (await migrations(self.client, self.aliases)).get(self.stream)

    async def _make(self, old: str) -> str:
        fitted = await fit(self.client, self.stream)
        taken = await versions(self.client, self.alias)
        stem = f"{self.alias}-v{schema_version(self.stream)}"
        name = next(
            name for number in range(1, 1_000) if (name := f"{stem}-{number}" if number > 1 else stem) not in taken
        )
        await self.client.indices.create(
            index=name, settings=fitted.settings, mappings=fitted.mappings, aliases={self.alias + NEXT: {}}
        )
        self.report(f"{name} is created, to follow {old}.")
        return name

    async def _copy(self, old: str, new: str) -> None:
        """Copy on the server; a copy that an earlier call left running is waited for."""
        task = await self._running(new)
        if task is None:
            await self.client.indices.refresh(index=old)
            started = await self.client.reindex(
                source={"index": old},
                dest={"index": new, "version_type": "external"},
                conflicts="proceed",
                wait_for_completion=False,
                slices="auto",
            )
            task = started["task"]
        while True:
            state = await self._tasks(f"/{task}")
            status = state["task"]["status"]
            copied = status.get("created", 0) + status.get("updated", 0) + status.get("version_conflicts", 0)
            self.report(f"{new}: {copied} of {status.get('total', 0)} documents copied.")
            if state["completed"]:
                break
            await asyncio.sleep(LOOK_SECONDS)
        failures = state.get("response", {}).get("failures", [])
        if failures or state.get("error"):
            kinds = {str((failure.get("cause") or {}).get("type", "unknown")) for failure in failures}
            raise IndexUnavailable(
                f"Elasticsearch at {self.place} could not copy {len(failures)} documents to {new} "
                f"({', '.join(sorted(kinds)) or 'the copy broke off'}); {old} is still searched. "
                "`broadsheet index rebuild` writes them again from the ledger, then migrate again."
            )

    async def _running(self, new: str) -> str | None:
        """Return the task of a copy to `new` that runs already."""
        found = await self._tasks("?actions=indices:data/write/reindex&detailed=true")
        for node in found["nodes"].values():
            for name, task in node["tasks"].items():
                if "parent_task_id" not in task and f"to [{new}]" in task.get("description", ""):
                    return str(name)
        return None

    async def _tasks(self, asked: str) -> dict[str, Any]:
        """Ask about tasks by their path: the client's own method warns of a preview that has lasted since 2016."""
        found = await self.client.perform_request("GET", f"/_tasks{asked}", headers={"accept": "application/json"})
        body: dict[str, Any] = found.body
        return body

    async def _agree(self, old: str, new: str) -> int:
        """Compare and mend until both hold the same documents at the same revisions, and return how many were mended.

        Under live writes a walk always finds some that are on their way to both. They differ from those that a copy
        missed in this: when the walk is done again, others are on their way.
        """
        mended = 0
        before: set[Difference] | None = None
        left: set[Difference] = set()
        for _ in range(COMPARISONS):
            await self.client.indices.refresh(index=[old, new])
            left = {each async for each in differences(self.client, old, new)}
            if left:
                mended += await mend(self.client, old, new, sorted(left, key=lambda each: each.id))
            if not left or (before is not None and not left & before):
                await self._sample(old, new)
                self.report(f"{new}: compared with {old}, every document is there at its revision.")
                return mended
            before = left
        raise IndexUnavailable(
            f"{new} still lacks {len(left)} documents of {old} after {COMPARISONS} comparisons; does a writer run that "
            "knows of no migrations? Nothing was switched."
        )

    async def _sample(self, old: str, new: str) -> None:
        """Compare the text of some documents that a copy might have garbled. Raises IndexUnavailable."""
        found = await self.client.search(
            index=old, size=50, query={"function_score": {"random_score": {}}}, version=True
        )
        for hit in found["hits"]["hits"]:
            twin: dict[str, Any] = (await self.client.options(ignore_status=404).get(index=new, id=hit["_id"])).body
            if twin.get("_version") == hit["_version"] and twin["_source"] != hit["_source"]:
                raise IndexUnavailable(f"Document {hit['_id']} differs between {old} and {new}; nothing was switched.")
