"""One step ahead: what comes next is made in a thread of its own while what is there is used."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order; each is made while the one before it is used, and none before that.

    Whatever making one raises is raised here. A thread that waits for its input, which may never come, ends with the
    program.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[tuple[Item] | BaseException | None] = SimpleQueue()

    def work() -> None:
        while asked.get():
            try:
                made.put((next(items),))
            except StopIteration:
                made.put(None)
            except BaseException as error:
                made.put(error)

    Thread(target=work, daemon=True).start()
    asked.put(True)
    try:
        while (item := made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            asked.put(True)
            yield item[0]
    finally:
        asked.put(False)
