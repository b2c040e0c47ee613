"""Where vantages are read: in processes of this computer, or on a cluster of Dask.

A worker that ends, or a scheduler that is lost, costs only time: a task without a result is given to another worker,
and at last its captures are read by the caller.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from threading import Thread
from typing import Any, Protocol

from analyzer.errors import StoreError
from analyzer.store.vantage_tasks import TimesTask, VantageTask, run
from analyzer.text import visible

ATTEMPTS = 3
"""How often a task is given to workers."""
CHECK_EVERY = 0.2
"""Seconds between two looks at the progress of the workers."""
CONNECT_WITHIN = 10
INSTALL = "pip install 'dpm-analyzer[fleet]'"

Task = TimesTask | VantageTask


class Engine(Protocol):
    """Workers that run tasks. ``workers``: how many there are."""

    workers: int

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        """The result of each task; None where it has none. ``look`` is called again and again until all have ended."""
        ...


@dataclass
class LocalPool:
    """Processes of this computer."""

    workers: int

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
        """Run these tasks, by their numbers, in a pool of their own, and add the results to ``found``."""
        if not tasks:
            return
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(min(self.workers, len(tasks)), context, begin_worker)
        try:
            futures = {number: pool.submit(run, task) for number, task in tasks.items()}
            watch(list(futures.values()), look)
            found |= {number: future.result() for number, future in futures.items() if not future.exception()}
        finally:
            # After an interruption the workers notice that their folders are gone; the program waits at its end.
            pool.shutdown(wait=False, cancel_futures=True)


def watch(futures: Sequence["Future[Any]"], look: Callable[[], None]) -> None:
    """Wait for the end of all tasks."""
    while wait(futures, CHECK_EVERY).not_done:
        look()


def begin_worker() -> None:
    """Ctrl-C is for the caller; the end of the caller is the end of its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=end_with, args=(parent.sentinel,), daemon=True).start()


def end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@dataclass
class Cluster:
    """Workers of a Dask cluster, on which this program is installed, and which have the same folders. ``client``: of
    the distributed package."""

    client: Any
    workers: int

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        """The results. The scheduler gives the tasks of a worker that ended to others."""
        found: list[Any] = []
        try:
            futures = self.client.map(run, tasks, pure=False, retries=ATTEMPTS - 1)
            while not all(future.done() for future in futures):
                look()
                self.client.sync(pause)
        except OSError:
            return [None] * len(tasks)
        for future in futures:
            # Whatever ended it, the caller reads the captures, and meets the reason if it is theirs.
            with suppress(Exception):
                found.append(future.result(timeout=CONNECT_WITHIN) if future.status == "finished" else None)
                continue
            found.append(None)
        return found


async def pause() -> None:
    """Wait until the next look at the progress."""
    import asyncio  # noqa: PLC0415 - only where a cluster is used

    await asyncio.sleep(CHECK_EVERY)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster, by the address of its scheduler.

    Raises:
        StoreError: the package distributed is not installed, or there is no scheduler.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an optional package
    except ModuleNotFoundError as error:
        raise StoreError(f"a cluster needs Dask's distributed, which is not installed: {INSTALL}") from error
    try:
        client = Client(address, timeout=CONNECT_WITHIN, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"--cluster {visible(address[:200])}: no scheduler of Dask answers there") from error
    try:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        if not workers:
            raise StoreError(f"--cluster {visible(address[:200])}: this scheduler has no workers")
        yield Cluster(client, workers)
    finally:
        client.close()
