"""Several threads read one capture; the result is the same as with one.

Records are found in order, since each states where the next one begins. Frames are put into their flows in order, since
a frame's flow depends on the frames before it. Between the two, every frame is decoded by itself. So each thread takes
the next run of whole records, decodes it where it was read, and waits for its turn to put the frames into their flows.
A thread that has nothing else to do computes the hash of what was read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread

from analyzer.capture.sources.source import CaptureSource
from analyzer.capture.sources.window import Chunk
from analyzer.flows.assembler import Assembler, fresh_rows
from analyzer.operating_system import interruptions

MOST_HELPERS = 2
"""For one capture: one thread at a time puts frames into their flows, which leaves no work for more helpers."""
CHECK_AGAIN_AFTER = 0.1
"""Seconds between two checks of a waiting thread whether it is to go on."""


@dataclass
class WorkerPool:
    """Counts the threads that read captures: one for each capture that is being read, and helpers while there are
    fewer threads than ``cores``."""

    cores: int
    busy: int = 0
    lock: Lock = field(default_factory=Lock)

    def enter(self) -> None:
        """Count a thread that reads a capture."""
        with self.lock:
            self.busy += 1

    def leave(self) -> None:
        """Count a thread less."""
        with self.lock:
            self.busy -= 1

    def enter_helper(self) -> bool:
        """Count a helper if a core is free; whether it is."""
        with self.lock:
            has_room = self.busy < self.cores
            self.busy += has_room
            return has_room

    @property
    def is_overfull(self) -> bool:
        """Whether there are more threads than cores, so that a helper should leave: another capture was begun."""
        return self.busy > self.cores


class SharedCapture:
    """A capture that several threads read: ``chunks`` of ``source``, in order, into ``assembler``. ``after_chunk`` is
    called after each chunk, by one thread at a time.

    The thread that calls ``read`` only waits. An interruption (Ctrl-C) goes to it and may come between any two of its
    steps: if it worked itself, it could leave a lock locked.
    """

    def __init__(
        self, chunks: Iterator[Chunk], source: CaptureSource, assembler: Assembler, after_chunk: Callable[[], None]
    ) -> None:
        self.numbered_chunks = enumerate(chunks)
        self.source, self.assembler, self.after_chunk = source, assembler, after_chunk
        self.next_chunk_lock = Lock()
        self.turn_changed = Condition()
        self.turn = 0
        self.is_running = self.is_stopped = self.is_finished = False
        self.failure: BaseException | None = None
        self.helpers: list[Thread] = []
        self.end_lock = Lock()
        self.end_lock.acquire()  # released when everything is read

    def read(self, pool: WorkerPool) -> None:
        """Read to the end, with helpers while the pool has free cores. Raises what a thread raised."""
        self.source.share(lambda: self.is_stopped)
        pool.enter()
        try:
            if not start_thread(self.run_leader, pool):
                self.run_leader(pool)
            self.wait()
        except BaseException:
            self.is_stopped = True
            if self.is_running:
                self.wait()
            raise
        finally:
            pool.leave()
        if self.failure is not None:
            raise self.failure

    def wait(self) -> None:
        """Wait until everything is read."""
        while not self.is_finished:
            self.end_lock.acquire(timeout=CHECK_AGAIN_AFTER)

    def run_leader(self, pool: WorkerPool) -> None:
        """Work to the end, and start helpers between two chunks."""
        self.is_running = True
        try:
            self.work(lambda: self.start_helpers(pool))
        finally:
            for helper in self.helpers:
                helper.join()
            self.is_finished = True
            self.end_lock.release()

    def start_helpers(self, pool: WorkerPool) -> bool:
        """Start helpers while there are free cores. Always True: the leader goes on."""
        self.helpers = [helper for helper in self.helpers if helper.is_alive()]
        while len(self.helpers) < MOST_HELPERS and pool.enter_helper():
            helper = start_thread(self.run_helper, pool)
            if helper is None:
                pool.leave()
                break
            self.helpers.append(helper)
        return True

    def run_helper(self, pool: WorkerPool) -> None:
        """Work until the core is needed for another capture."""
        try:
            self.work(lambda: not pool.is_overfull)
        finally:
            pool.leave()

    def work(self, goes_on: Callable[[], bool]) -> None:
        """Take chunks until there are none, or ``goes_on`` is false. An error ends the reading of all threads."""
        try:
            self.take_chunks(goes_on)
        except BaseException as error:
            self.failure = self.failure or error
            self.is_stopped = True

    def take_chunks(self, goes_on: Callable[[], bool]) -> None:
        """The loop of one thread: find a chunk, decode it, wait for the turn, put its frames into their flows."""
        rows = fresh_rows()
        while goes_on():
            with self.next_chunk_lock:
                number, chunk = (-1, None) if self.is_stopped else next(self.numbered_chunks, (-1, None))
            if chunk is None:
                return
            prepared = self.assembler.prepare(chunk, rows)
            with self.turn_changed:
                while self.turn != number and not self.is_stopped:
                    self.turn_changed.wait(CHECK_AGAIN_AFTER)
            if self.is_stopped:
                return
            self.assembler.take(prepared)
            self.after_chunk()
            with self.turn_changed:
                self.turn += 1
                self.turn_changed.notify_all()
            self.source.hash_some()


def start_thread(run: Callable[[WorkerPool], None], pool: WorkerPool) -> Thread | None:
    """Start a thread that leaves interruptions to others; None where the system allows no further thread."""

    def run_without_interruptions() -> None:
        interruptions.leave_to_others()
        run(pool)

    thread = Thread(target=run_without_interruptions, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread
