"""The demo newsroom: four small fictional outlets on loopback, which know what must be read in each of their pages."""

from crawler.demo.http_server import ServedRequest, Serving, serve
from crawler.demo.judge import judge
from crawler.demo.newsroom import Newsroom
from crawler.demo.rendering import seed_shaped
from crawler.demo.run_counter import demo_home, finish_run, next_run, seen_runs
from crawler.demo.truth import ExpectedVisit, Truth

__all__ = [
    "ExpectedVisit",
    "Newsroom",
    "ServedRequest",
    "Serving",
    "Truth",
    "demo_home",
    "finish_run",
    "judge",
    "next_run",
    "seed_shaped",
    "seen_runs",
    "serve",
]
