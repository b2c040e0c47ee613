"""Several threads on one capture, which find in it what one finds.

Records are found in order, since each says where the next one begins, and frames are put into their flows in order,
since a flow is told by what came before. Between the two every frame is decoded alone, and what was read is hashed by
whoever is free: so each thread takes the next run of whole records, decodes it where it was read, and waits for its
turn at the flows.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread

from analyzer.capture.sources.source import Source
from analyzer.capture.sources.window import Chunk
from analyzer.flows.assembler import Assembler, fresh_rows

MOST_HELPERS = 2
"""On one capture: frames are put into their flows by one thread at a time, which leaves no more to do for others."""
LOOK_AGAIN = 0.1
"""Seconds until whoever waits asks whether to go on."""


@dataclass
class Crew:
    """The threads that read captures: one for each capture that is being read, and helpers where there are ``cores``
    left."""

    cores: int
    busy: int = 0
    lock: Lock = field(default_factory=Lock)

    def enter(self) -> None:
        with self.lock:
            self.busy += 1

    def leave(self) -> None:
        with self.lock:
            self.busy -= 1

    def may_help(self) -> bool:
        """Enter as a helper, if a core has nothing to do."""
        with self.lock:
            free = self.busy < self.cores
            self.busy += free
            return free

    @property
    def crowded(self) -> bool:
        """Whether a helper should leave: another capture was begun."""
        return self.busy > self.cores


class Shared:
    """A capture that is being read: ``chunks`` of ``source``, in order, into ``assembler``. ``taken`` is called after
    each, by one thread at a time.

    Whoever calls ``read`` only waits: an interruption may come between any two steps of the thread that it goes to, and
    none of those that work could let go of what it holds then.
    """

    def __init__(
        self, chunks: Iterator[Chunk], source: Source, assembler: Assembler, taken: Callable[[], None]
    ) -> None:
        self.numbered = enumerate(chunks)
        self.source, self.assembler, self.taken = source, assembler, taken
        self.finding = Lock()
        self.turns = Condition()
        self.turn = 0
        self.running = self.stopped = self.finished = False
        self.failure: BaseException | None = None
        self.helpers: list[Thread] = []
        self.bell = Lock()
        self.bell.acquire()  # until all is read

    def read(self, crew: Crew) -> None:
        """To its end, with the help that there is."""
        self.source.share(lambda: self.stopped)
        crew.enter()
        try:
            if not start(self.lead, crew):
                self.lead(crew)
            self.wait()
        except BaseException:
            self.stopped = True
            if self.running:
                self.wait()
            raise
        finally:
            crew.leave()
        if self.failure is not None:
            raise self.failure

    def wait(self) -> None:
        while not self.finished:
            self.bell.acquire(timeout=LOOK_AGAIN)

    def lead(self, crew: Crew) -> None:
        self.running = True
        try:
            self.work(lambda: self.call(crew))
        finally:
            for helper in self.helpers:
                helper.join()
            self.finished = True
            self.bell.release()

    def call(self, crew: Crew) -> bool:
        """Have helpers where there are cores for them; True: whoever calls them stays."""
        self.helpers = [helper for helper in self.helpers if helper.is_alive()]
        while len(self.helpers) < MOST_HELPERS and crew.may_help():
            helper = start(self.help, crew)
            if helper is None:
                crew.leave()
                break
            self.helpers.append(helper)
        return True

    def help(self, crew: Crew) -> None:
        try:
            self.work(lambda: not crew.crowded)
        finally:
            crew.leave()

    def work(self, stays: Callable[[], bool]) -> None:
        """Take chunks until there are none, or ``stays`` says no. What goes wrong ends the reading."""
        try:
            self.take_chunks(stays)
        except BaseException as error:
            self.failure = self.failure or error
            self.stopped = True

    def take_chunks(self, stays: Callable[[], bool]) -> None:
        room = fresh_rows()
        while stays():
            with self.finding:
                number, chunk = (-1, None) if self.stopped else next(self.numbered, (-1, None))
            if chunk is None:
                return
            prepared = self.assembler.prepare(chunk, room)
            with self.turns:
                while self.turn != number and not self.stopped:
                    self.turns.wait(LOOK_AGAIN)
            if self.stopped:
                return
            self.assembler.take(prepared)
            self.taken()
            with self.turns:
                self.turn += 1
                self.turns.notify_all()
            self.source.hash_some()


def start(work: Callable[[Crew], None], crew: Crew) -> Thread | None:
    """A thread that does it, and leaves interruptions to others; None where the system has no further one."""

    def uninterrupted() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        work(crew)

    thread = Thread(target=uninterrupted, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread
