"""The first and the last that a process does: SIGINT and SIGTERM end it with 130 and 143 at any moment in between."""

import gc
import signal
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

#: what libraries import for others: SQLAlchemy's object mapper and drivers of other databases, Markdown in a help, the
#: Elasticsearch client's other ways to speak HTTP, its twin that waits, and its halves for what is none of an index's.
#: Together a third of a second of a start; none has a use here
_FOR_OTHERS = (
    "sqlalchemy.ext.asyncio.scoping",
    "sqlalchemy.ext.asyncio.session",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.pg8000",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.postgresql.psycopg2cffi",
    "elastic_transport._node._http_httpx",
    "elastic_transport._node._http_requests",
    "elastic_transport._node._http_urllib3",
    *(
        f"elasticsearch._async.client.{name}"
        for name in (
            "async_search autoscaling cat ccr connector dangling_indices encryption enrich eql esql features fleet "
            "graph ilm inference license logstash migration ml monitoring project query_rules rollup "
            "search_application searchable_snapshots shutdown simulate slm snapshot sql ssl streams synonyms "
            "text_structure transform watcher xpack"
        ).split()
    ),
    "rich.markdown",
)


#: packages of the same kind, of which a module is used
_PACKAGES_FOR_OTHERS = ("elasticsearch._sync.client",)


class _Nothing:
    """Stands for a class: it can be made, and that is all."""

    def __init__(self, *_: object) -> None: ...


class _Unused(ModuleType):
    """Stands for a module whose names are imported and never used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__" and self.__name__ in _PACKAGES_FOR_OTHERS:  # its modules are found
            parent, _, own = self.__name__.rpartition(".")
            return [f"{folder}/{own}" for folder in import_module(parent).__path__]
        if name.startswith("__"):  # what the import system asks is not there
            raise AttributeError(name)
        return _Nothing


sys.modules |= {name: _Unused(name) for name in (*_FOR_OTHERS, *_PACKAGES_FOR_OTHERS)}
# structlog imports Twisted's log for those who use it, and does without
sys.modules["structlog.twisted"] = None  # type: ignore[assignment]
# what is imported stays: nothing is gained by looking through it again and again (crawler/reactor.py sets its own)
gc.set_threshold(50_000, 20, 20)

_INTERRUPTED = 128 + signal.SIGINT

_stopped_by = signal.SIGINT


def run() -> None:
    """Run the command line and exit."""
    code: str | int | None = 0
    try:
        # nothing is imported before: it takes a moment, in which a signal may come
        signal.signal(signal.SIGTERM, _stop)
        from broadsheet.streams import guard

        guard()
        from broadsheet.command import main
        from news.stopping import retry_lost_stops, stop

        retry_lost_stops()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # a shell's background
                signal.signal(number, stop)
        main()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Pages that were not fetched stay due.\n")
        code = _INTERRUPTED
    except SystemExit as ended:
        code = ended.code
    finally:
        # it has ended: what comes now would only replace the code
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    if code == _INTERRUPTED:  # what catches KeyboardInterrupt on its way need not know of which signal it was
        from news.stopping import stopped_code

        code = max(stopped_code(), 128 + _stopped_by)
    # where the signal came inside an exec, as dataclasses use it, CPython still means to end by SIGINT itself, with no
    # code of this file, until the next exec (`unhandled_keyboard_interrupt` in its pythonrun.c)
    exec("")  # noqa: S102 - nothing is in it
    sys.exit(code)


def _stop(number: int, frame: object) -> None:
    global _stopped_by
    _stopped_by = signal.Signals(number)
    raise KeyboardInterrupt
