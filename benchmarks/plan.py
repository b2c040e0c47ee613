"""The content of a made capture."""

from dataclasses import dataclass
from typing import Literal

Sizes = Literal["small", "mix", "large"]

HOSTS = 2048
PORTS = 8192
"""A flow is identified by its host and the host's port, one of the highest, which no service uses."""
MOST_FLOWS = HOSTS * PORTS
FLOWS_OF_A_BOOT = 7


@dataclass(frozen=True)
class Plan:
    """What is in a capture.

    ``packets``, ``flows``: exactly so many, boots included. ``alive``: flows that are under way at any time; ``train``:
    packets of one flow that follow one another with no other's between. ``dpm``: the share of hosts that talk to the
    DPM server; ``scan``: the share that only sends datagrams to ports of DPM, which nobody answers; ``boots``: PXE
    boots, one after the other.
    """

    packets: int = 2_000_000
    flows: int = 40_000
    alive: int = 10_000
    train: int = 1
    sizes: Sizes = "mix"
    dpm: float = 0.25
    scan: float = 0.0
    boots: int = 20
    seed: int = 1

    def check(self) -> None:
        """Raises ValueError if no capture can match this plan."""
        if self.flows - FLOWS_OF_A_BOOT * self.boots < 1:
            raise ValueError(
                f"{self.boots} boots are {FLOWS_OF_A_BOOT * self.boots} flows: ask for more flows than that"
            )
        if self.flows > MOST_FLOWS:
            raise ValueError(f"no more than {MOST_FLOWS} flows can have a port of their own")
        if self.packets < self.flows + 100 * self.boots:
            raise ValueError("a flow has at least one packet, and a boot some thirty: ask for more packets")
