"""Where vantages are read: in processes of this computer; cluster.py: on a cluster of Dask.

A worker that ends costs only time: a task without a result is given to another worker, and at last its captures are
read by the caller.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from threading import Thread
from types import ModuleType
from typing import Any, Protocol

from analyzer.operating_system.processes import limit_own_memory
from analyzer.store.vantage_tasks import TimesTask, VantageTask, run

ATTEMPTS = 3
"""How often a task is given to workers."""
CHECK_EVERY = 0.2
"""Seconds between two looks at the progress of the workers."""

Task = TimesTask | VantageTask


class Engine(Protocol):
    """Workers that run tasks. ``workers``: how many there are; ``problem``: why they were given up, or empty."""

    workers: int
    problem: str

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        """The result of each task; None where it has none. ``look`` is called again and again until all have ended."""
        ...

    def release(self) -> None:
        """End what was started for these tasks only."""
        ...


@dataclass
class LocalPool:
    """Processes of this computer, which are kept until release(). ``memory``: the most octets of address space of each;
    0: as many as there are. A task that needs more has no result."""

    workers: int
    memory: int = 0
    problem: str = ""
    pool: ProcessPoolExecutor | None = None

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        """The results. A process that ends takes the others of its pool with it: what has no result is repeated."""
        found: dict[int, Any] = {}
        for _ in range(ATTEMPTS):
            left = [number for number in range(len(tasks)) if number not in found]
            # Without enough memory for processes, and where all of them end, the caller reads.
            with suppress(OSError, BrokenProcessPool):
                self.attempt({number: tasks[number] for number in left}, found, look)
        return [found.get(number) for number in range(len(tasks))]

    def attempt(self, tasks: dict[int, Task], found: dict[int, Any], look: Callable[[], None]) -> None:
        """Run these tasks, by their numbers, and add the results to ``found``."""
        if not tasks:
            return
        if self.pool is None:
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPoolExecutor(self.workers, context, begin_worker, (self.memory,))
        try:
            with own_main_module():
                futures = {number: self.pool.submit(run, task) for number, task in tasks.items()}
            watch(list(futures.values()), look)
        except BaseException:
            self.release()
            raise
        if any(isinstance(future.exception(), BrokenProcessPool) for future in futures.values()):
            self.release()
        found |= {number: future.result() for number, future in futures.items() if not future.exception()}

    def release(self) -> None:
        """Let the processes end. After an interruption they notice that their folders are gone; the program waits at
        its end."""
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = None


@contextmanager
def released(engine: Engine | None) -> Iterator[None]:
    """At its end, the engine is released."""
    try:
        yield
    finally:
        if engine is not None:
            engine.release()


def local_pool(workers: int, megabytes: int | None) -> LocalPool | None:
    """So many processes, each with so much memory; None where one vantage is read after the other."""
    return LocalPool(workers, (megabytes or 0) << 20) if workers > 1 else None


@contextmanager
def own_main_module() -> Iterator[None]:
    """Within it, new processes do not run the program of the caller again. A program without a guard for its main
    part would add captures in each process, and wait there for the store that it has locked itself."""
    caller = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = caller


def watch(futures: Sequence["Future[Any]"], look: Callable[[], None]) -> None:
    """Wait for the end of all tasks."""
    while wait(futures, CHECK_EVERY).not_done:
        look()


def begin_worker(memory: int) -> None:
    """Ctrl-C is for the caller; the end of the caller is the end of its workers. ``memory``: as in LocalPool."""
    if memory:
        limit_own_memory(memory)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=end_with, args=(parent.sentinel,), daemon=True).start()


def end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
