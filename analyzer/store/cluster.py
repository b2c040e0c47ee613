"""Vantages are read on a cluster of Dask.

A worker that is killed costs time: the scheduler gives its tasks to another one. A scheduler that starts again costs
time: it gets the tasks again. Where it stays lost, or has no workers any more, the caller reads what is missing.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from analyzer.errors import StoreError
from analyzer.store.engine import ATTEMPTS, CHECK_EVERY, Task
from analyzer.store.vantage_tasks import run
from analyzer.text import visible

CONNECT_WITHIN = 10
"""Seconds in which a scheduler has to answer at first."""
LOST_AFTER = 30
"""Seconds without an answer of the scheduler, or without a worker, after which the cluster is not waited for. In this
time a scheduler that was lost may be started again."""
ASK_EVERY = 2.0
CLOSE_WITHIN = 2
INSTALL = "pip install 'dpm-analyzer[fleet]'"
NO_ANSWER, NO_WORKERS = "its scheduler does not answer any more", "it has no workers any more"


class LostError(Exception):
    """The cluster cannot be used any more, for this reason."""


@dataclass
class Cluster:
    """Workers of a Dask cluster, on which this program is installed, and which have the same folders. ``client``: of
    the distributed package; ``problem``: why the cluster was given up, or empty."""

    address: str
    client: Any
    workers: int
    problem: str = ""

    def results(self, tasks: Sequence[Task], look: Callable[[], None]) -> list[Any]:
        """The results. The scheduler gives the tasks of a worker that ended to others."""
        found: dict[int, Any] = {}
        for _ in range(ATTEMPTS):
            left = [number for number in range(len(tasks)) if number not in found]
            if not left or self.problem:
                break
            try:
                self.attempt({number: tasks[number] for number in left}, found, look)
            except LostError as lost:
                self.connect_again(str(lost))
            else:
                break
        return [found.get(number) for number in range(len(tasks))]

    def attempt(self, tasks: dict[int, Task], found: dict[int, Any], look: Callable[[], None]) -> None:
        """Run these tasks, by their numbers; add what they give to ``found``: None for one that failed.

        Raises:
            LostError: the scheduler or all workers were lost; ``found`` has what was complete.
        """
        with lost_without_answer():
            futures = self.client.map(run, list(tasks.values()), pure=False, retries=ATTEMPTS - 1)
        seen = time.monotonic()
        asked = seen
        while not all(future.done() for future in futures):
            look()
            with lost_without_answer():
                self.client.sync(pause)
                now = time.monotonic()
                if now - asked < ASK_EVERY:
                    continue
                asked, seen = now, now if self.has_workers() else seen
            if now - seen > LOST_AFTER:
                raise LostError(NO_WORKERS)
        lost = False
        for number, future in zip(tasks, futures, strict=True):
            # Whatever ended a task, the caller reads its captures, and meets the reason if it is theirs.
            with suppress(Exception):
                if future.status in ("finished", "error"):
                    found[number] = future.result(timeout=LOST_AFTER) if future.status == "finished" else None
            lost = lost or number not in found
        if lost:
            raise LostError(NO_ANSWER)

    def has_workers(self) -> bool:
        """Whether the scheduler has workers. Raises Exception where it does not answer."""
        return bool(
            self.client.sync(self.client.scheduler.identity, n_workers=1, callback_timeout=LOST_AFTER)["workers"]
        )

    def connect_again(self, why: str) -> None:
        """Connect to a scheduler that was started again; ``problem`` says ``why`` if there is none with workers."""
        self.close()
        with suppress(OSError, ValueError, TypeError):
            self.client = client_of(self.address, LOST_AFTER)
            with suppress(Exception):
                self.client.wait_for_workers(1, timeout=LOST_AFTER)
                return
            why = NO_WORKERS
        self.problem = why

    def release(self) -> None:
        """Nothing: the workers are those of the cluster."""

    def close(self) -> None:
        """Leave the cluster. A scheduler that does not answer is not waited for."""
        with suppress(Exception):
            self.client.close(timeout=CLOSE_WITHIN)


@contextmanager
def lost_without_answer() -> Iterator[None]:
    """Raises LostError for whatever the client raises where its scheduler does not answer."""
    try:
        yield
    except Exception as error:
        raise LostError(NO_ANSWER) from error


async def pause() -> None:
    """Wait until the next look at the progress."""
    import asyncio  # noqa: PLC0415 - only where a cluster is used

    await asyncio.sleep(CHECK_EVERY)


def client_of(address: str, within: int) -> Any:
    """A client of the scheduler. Raises OSError, ValueError and TypeError where none answers."""
    from distributed import Client  # noqa: PLC0415 - an optional package

    return Client(address, timeout=within, set_as_default=False)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster, by the address of its scheduler.

    Raises:
        StoreError: the package distributed is not installed, or there is no scheduler.
    """
    shown = f"--cluster {visible(address[:200])}"
    with quiet_logs():
        try:
            cluster = Cluster(address, client_of(address, CONNECT_WITHIN), 0)
        except ModuleNotFoundError as error:
            raise StoreError(f"a cluster needs Dask's distributed, which is not installed: {INSTALL}") from error
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"{shown}: no scheduler of Dask answers there") from error
        try:
            cluster.workers = len(cluster.client.scheduler_info(n_workers=-1)["workers"])
            if not cluster.workers:
                raise StoreError(f"{shown}: this scheduler has no workers")
            yield cluster
        finally:
            cluster.close()


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Within it, distributed writes nothing to standard error: what a lost scheduler means is said once, by us."""
    with suppress(ModuleNotFoundError):
        import distributed  # noqa: F401, PLC0415 - it sets its levels when it is imported
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    levels = {name: logging.getLogger(name).level for name in ("distributed", *names)}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
