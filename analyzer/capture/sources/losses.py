"""What was lost of a capture: where in the file, and after which frame."""

from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.messages import Message, message

MOST_LISTED = 20


class Loss(NamedTuple):
    """A message. ``resumed``: the number of frames read before reading continued after the damage; -1 if it did not.
    How many were found after it is known when the whole capture was read."""

    message: Message
    resumed: int = -1


@dataclass
class Losses:
    """The losses of one capture in the order of the file; after MOST_LISTED the rest is only counted."""

    listed: list[Loss] = field(default_factory=list)
    more: int = 0

    def add(self, loss: Message, resumed: int = -1) -> None:
        """Add a loss; ``resumed`` as in Loss."""
        if len(self.listed) < MOST_LISTED:
            self.listed.append(Loss(loss, resumed))
        else:
            self.more += 1

    def messages(self, frames: int) -> tuple[Message, ...]:
        """Every loss of a capture of which ``frames`` frames were read."""
        messages = [
            loss.message if loss.resumed < 0 else with_frames(loss.message, frames - loss.resumed)
            for loss in self.listed
        ]
        return (*messages, message("damage-more", count=self.more)) if self.more else tuple(messages)


def with_frames(loss: Message, frames: int) -> Message:
    """The loss with the number of frames that were found after it."""
    return message(loss.code, **{**dict(loss.values), "frames": frames})
