"""Sleeping ends with each signal that asks a program to end."""

import signal
import sys
import threading

import pytest

from analyzer.operating_system import interruptions

if sys.platform != "win32":
    pytest.skip("tests/store/test_watch.py sends the signals of other systems", allow_module_level=True)


class Ended(BaseException):
    """What the handler of a signal raises."""


def begin_and_sleep(timer: threading.Timer) -> None:
    timer.start()
    interruptions.sleep(3600)


@pytest.mark.parametrize("name", ["SIGINT", *interruptions.ENDING])
def test_a_signal_ends_sleeping(name: str) -> None:
    """Python itself ends its sleep for Ctrl-C only: after Ctrl-Break it would sleep for the whole hour."""
    number = getattr(signal, name)

    def end(_number: int, _frame: object) -> None:
        raise Ended

    before = signal.signal(number, end)
    timer = threading.Timer(0.3, signal.raise_signal, (number,))
    try:
        with pytest.raises(Ended):
            begin_and_sleep(timer)
    finally:
        signal.signal(number, before)
