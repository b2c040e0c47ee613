"""What was lost of a capture, told in sentences: where in the file, and behind which frame."""

from dataclasses import dataclass, field
from typing import NamedTuple

MOST_TOLD = 20


class Loss(NamedTuple):
    """A sentence. ``resumed``: the frames read before reading went on behind the damage; -1 where it did not."""

    text: str
    resumed: int = -1


@dataclass
class Losses:
    """The losses of one capture in the order of the file; after so many the rest is only counted."""

    told: list[Loss] = field(default_factory=list)
    untold: int = 0

    def tell(self, text: str, resumed: int = -1) -> None:
        if len(self.told) < MOST_TOLD:
            self.told.append(Loss(text, resumed))
        else:
            self.untold += 1

    def sentences(self, frames: int) -> tuple[str, ...]:
        """Every loss of a capture of which ``frames`` frames were read."""
        told = [
            loss.text if loss.resumed < 0 else f"{loss.text}: {found_after(frames - loss.resumed)} after it"
            for loss in self.told
        ]
        if self.untold:
            told.append(f"{self.untold} more of the same kind, not told one by one")
        return tuple(told)


def found_after(frames: int) -> str:
    return f"{frames} frame{' was' if frames == 1 else 's were'} found"
