"""A stop that comes where Python drops exceptions still stops."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc, os, signal, time, weakref
from news.stopping import retry_lost_stops, stop, stopped_code

def come(*_):
    os.kill(os.getpid(), {number})
    for _ in range(1000): pass

retry_lost_stops()
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, stop)
class Thing: pass
try:
    {lost}
    time.sleep(30)
    print("went on")
except KeyboardInterrupt:
    print("stopped", stopped_code())
"""
LOST = {
    "a weak reference's callback": "thing = Thing(); seen = weakref.ref(thing, come); del thing",
    "a finalizer": "Thing.__del__ = come; thing = Thing(); del thing",
    "a callback of the collector": "gc.callbacks.append(lambda phase, info: phase == 'stop' and come()); gc.collect(); gc.callbacks.clear()",
}


@pytest.mark.parametrize("number", [2, 15])
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
def test_a_stop_that_python_drops_comes_again(lost: str, number: int) -> None:
    program = PROGRAM.format(lost=lost, number=number)
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (told.stdout, told.stderr) == (f"stopped {128 + number}\n", "")


def test_what_else_is_dropped_is_still_printed() -> None:
    program = "from news.stopping import retry_lost_stops\nretry_lost_stops()\nclass A:\n def __del__(self): 1 / 0\nA()"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "ZeroDivisionError" in told.stderr
