"""Several threads on one capture, which find in it what one finds.

Records are found in order, since each says where the next one begins, and frames are put into their flows in order,
since a flow is told by what came before. Between the two every frame is decoded alone, and what was read is hashed by
whoever is free: so each thread takes the next run of whole records, decodes it where it was read, and waits for its
turn at the flows.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Lock, Thread

from analyzer.capture.source import Source
from analyzer.capture.window import Chunk
from analyzer.flows.assembler import Assembler, fresh_rows

MOST_HELPERS = 2
"""On one capture: frames are put into their flows by one thread at a time, which leaves no more to do for others."""


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
    each, by one thread at a time."""

    def __init__(
        self, chunks: Iterator[Chunk], source: Source, assembler: Assembler, taken: Callable[[], None]
    ) -> None:
        self.numbered = enumerate(chunks)
        self.source, self.assembler, self.taken = source, assembler, taken
        self.finding = Lock()
        self.turns = Condition()
        self.turn = 0
        self.stopped = False
        self.failure: BaseException | None = None
        self.helpers: list[Thread] = []

    def read(self, crew: Crew) -> None:
        """To its end, with the help that there is."""
        crew.enter()
        try:
            self.source.share(lambda: self.stopped)
            self.work(lambda: self.call(crew))
        except BaseException:
            self.stop()
            raise
        finally:
            for helper in self.helpers:
                helper.join()
            crew.leave()
        if self.failure is not None:
            raise self.failure

    def call(self, crew: Crew) -> bool:
        """Have helpers where there are cores for them; True: whoever calls them stays."""
        self.helpers = [helper for helper in self.helpers if helper.is_alive()]
        while len(self.helpers) < MOST_HELPERS and crew.may_help():
            self.helpers.append(Thread(target=self.help, args=(crew,), daemon=True))
            self.helpers[-1].start()
        return True

    def help(self, crew: Crew) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # an interruption has to wake whoever waits for this
        try:
            self.work(lambda: not crew.crowded)
        except BaseException as error:
            self.failure = error
            self.stop()
        finally:
            crew.leave()

    def work(self, stays: Callable[[], bool]) -> None:
        """Take chunks until there are none, or ``stays`` says no."""
        room = fresh_rows()
        while stays():
            with self.finding:
                number, chunk = next(self.numbered, (-1, None))
            if chunk is None:
                return
            prepared = self.assembler.prepare(chunk, room)
            with self.turns:
                self.turns.wait_for(partial(self.is_turn, number))
            if self.stopped:
                return
            self.assembler.take(prepared)
            self.taken()
            with self.turns:
                self.turn += 1
                self.turns.notify_all()
            self.source.hash_some()

    def is_turn(self, number: int) -> bool:
        return self.stopped or self.turn == number

    def stop(self) -> None:
        """Nobody takes another chunk."""
        with self.turns:
            self.stopped = True
            self.turns.notify_all()
