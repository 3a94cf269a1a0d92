"""The demo newsroom: four small fictional outlets on loopback, which know what must be read in each of their pages."""

from crawler.demo.judge import judge
from crawler.demo.newsroom import Newsroom
from crawler.demo.page import seed_shaped
from crawler.demo.runs import demo_home, finish_run, next_run, seen_runs
from crawler.demo.server import Hit, Serving, serve
from crawler.demo.truth import Expected, Truth

__all__ = [
    "Expected",
    "Hit",
    "Newsroom",
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
