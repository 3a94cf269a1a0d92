"""What is done to Elasticsearch, and to the way there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import orjson
from aiohttp import web

from bench.fault import Begun, Done, Fault, done
from bench.stage import OURS, ROLE, Stage, allow
from tests.index import stumbling


@asynccontextmanager
async def _answered(stage: Stage, fault: stumbling.Fault) -> AsyncIterator[None]:
    """Let `fault` answer in Elasticsearch's place."""
    stage.gate.always = fault
    try:
        yield
    finally:
        stage.gate.always = None


def _answers(fault: stumbling.Fault) -> Begun:
    return lambda stage: _answered(stage, fault)


@asynccontextmanager
async def _silent(stage: Stage) -> AsyncIterator[None]:
    """Answer nothing until the end, and then all that was asked, as a server does that was stopped."""
    over = asyncio.Event()

    async def fault(request: web.Request, body: bytes) -> web.StreamResponse | None:
        await over.wait()
        return None

    try:
        async with _answered(stage, fault):
            yield
    finally:
        over.set()


async def _late(request: web.Request, body: bytes) -> web.StreamResponse | None:
    await asyncio.sleep(6)
    return None


async def _opensearch(request: web.Request, body: bytes) -> web.StreamResponse | None:
    told = {"version": {"distribution": "opensearch", "number": "2.19.0"}, "tagline": "The OpenSearch Project"}
    return web.Response(body=orjson.dumps(told), content_type="application/json")


def _of_real(change: Callable[[bytes], bytes], *, only: str = "") -> Begun:
    """Pass requests on, and answer with what `change` makes of the real answer."""

    def begin(stage: Stage) -> AbstractAsyncContextManager[None]:
        async def fault(request: web.Request, body: bytes) -> web.StreamResponse | None:
            if only and request.path != only:
                return None
            status, content = await stage.gate.forward(request, body)
            changed = change(content)
            if changed != content and not only:  # cut: the length that is promised never comes
                answer = web.StreamResponse(
                    status=status, headers=stumbling.ELASTIC | {"Content-Length": str(len(content))}
                )
                await answer.prepare(request)
                await answer.write(changed)
                assert request.transport
                request.transport.abort()
                return answer
            return web.Response(body=changed, status=status, headers=stumbling.ELASTIC)

        return _answered(stage, fault)

    return begin


def _without_last(content: bytes) -> bytes:
    found = orjson.loads(content)
    if isinstance(found, dict) and found.get("items"):
        del found["items"][-1]
    return orjson.dumps(found)


def _restart_node(stage: Stage) -> None:
    stage.node.start()
    stage.node.wait()


def _password(value: str) -> Done:
    return lambda stage: stage.es.security.change_password(username="crawler", password=value)


def _index(stage: Stage, stream: str = "articles") -> str:
    """Return the name of the index behind an alias."""
    return str(next(iter(stage.es.indices.get_alias(name=stream))))


def _block(value: bool | None) -> Done:
    settings = {"index.blocks.read_only_allow_delete": value}
    return lambda stage: stage.es.indices.put_settings(index="articles", settings=settings)


def _pipeline(value: str) -> Done:
    return lambda stage: stage.es.indices.put_settings(index="articles", settings={"index.default_pipeline": value})


def _second_index(stage: Stage) -> None:
    stage.es.indices.create(index="articles-of-somebody", aliases={"articles": {}})


def _no_second_index(stage: Stage) -> None:
    stage.es.indices.delete(index="articles-of-somebody")


def _delete(stage: Stage) -> None:
    stage.es.indices.delete(index=_index(stage))


def _shrink(stage: Stage) -> None:
    stage.es.indices.refresh(index="articles")
    stage.es.delete_by_query(index="articles", query={"match_all": {}}, max_docs=150, conflicts="proceed", refresh=True)


def _restore(stage: Stage) -> None:
    """Put an old state in the index's place: a snapshot of it from which 150 articles are taken, and then restored."""
    name = _index(stage)
    stage.es.snapshot.create_repository(
        name="old", repository={"type": "fs", "settings": {"location": str(stage.node.directory / "snapshots")}}
    )
    _shrink(stage)
    stage.es.snapshot.create(repository="old", snapshot="week", indices=name, wait_for_completion=True)
    stage.es.indices.delete(index=name)
    stage.es.snapshot.restore(
        repository="old", snapshot="week", indices=name, include_global_state=False, wait_for_completion=True
    )
    stage.es.snapshot.delete(repository="old", snapshot="week")


_SILENT = "cannot be reached|too long to answer|does not answer"

FAULTS = (
    Fault(
        short=True,
        name="index closed",
        begin=done(
            lambda s: s.es.indices.close(index="articles"),
            lambda s: s.es.indices.open(index="articles"),
        ),
        says="has closed the index",
    ),
    Fault(
        short=True,
        name="index deleted",
        begin=done(_delete),
        says="no such index|does not exist yet|not there yet|lacks the alias|index_made",
        also={"log": "index_made|lacks the alias"},
        channels=("log",),
        heals=True,
    ),
    Fault(short=True, name="index shrunk", begin=done(_shrink), says="index_differs", channels=("log",), heals=True),
    Fault(
        short=True,
        name="index restored from before",
        begin=done(_restore),
        says="index_differs|index_made",
        channels=("log",),
        heals=True,
    ),
    Fault(short=True, name="Elasticsearch silent", begin=_silent, says=_SILENT),
    Fault(name="Elasticsearch killed", begin=done(lambda s: s.node.kill(), _restart_node), says="cannot be reached"),
    Fault(name="Elasticsearch hangs up", begin=_answers(stumbling.hangs_up), says="cannot be reached"),
    Fault(
        name="Elasticsearch busy (429)",
        begin=_answers(stumbling.says(429, "es_rejected_execution_exception")),
        says="es_rejected_execution_exception",
    ),
    Fault(
        name="Elasticsearch has no master (503)",
        begin=_answers(stumbling.says(503, "master_not_discovered_exception")),
        says="master_not_discovered_exception",
    ),
    Fault(
        name="Elasticsearch fails (500)",
        begin=_answers(stumbling.says(500, "null_pointer_exception")),
        says="null_pointer_exception",
    ),
    Fault(name="a gateway's 502", begin=_answers(stumbling.page(502)), says="502"),
    Fault(
        name="a gateway's page with 200",
        begin=_answers(stumbling.gives("<html>Welcome</html>", content_type="text/html", as_elastic=False)),
        says="cannot be read",
    ),
    Fault(name="an empty object with 200", begin=_answers(stumbling.gives("{}")), says="cannot be read"),
    Fault(name="an empty list with 200", begin=_answers(stumbling.gives("[]")), says="cannot be read"),
    Fault(name="one item too few", begin=_of_real(_without_last, only="/_bulk"), says="cannot be read"),
    Fault(
        name="answers cut in the middle",
        begin=_of_real(lambda content: content[: len(content) // 2]),
        says="cannot be (read|reached)",
    ),
    Fault(name="Elasticsearch slow", begin=_answers(_late), says=_SILENT),
    Fault(name="OpenSearch in its place", begin=_answers(_opensearch), says="OpenSearch 2.19.0"),
    Fault(
        name="password changed",
        begin=done(_password("another-one-now"), _password(OURS)),
        says="rejected the API key or password",
    ),
    Fault(
        name="role without rights",
        begin=done(lambda s: allow(s, {"cluster": [], "indices": []}), lambda s: allow(s, ROLE)),
        says="does not allow",
    ),
    Fault(name="index read-only, as at a full disk", begin=done(_block(True), _block(None)), says="read-only"),
    Fault(
        name="alias on two indices",
        begin=done(_second_index, _no_second_index),
        says=r"has the alias '\w+' on ",
    ),
    Fault(name="pipeline missing", begin=done(_pipeline("nobody-made-it"), _pipeline("_none")), says="ingest pipeline"),
)
