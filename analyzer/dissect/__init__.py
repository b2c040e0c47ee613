"""The one package that uses pyshark: dissects a few chosen frames into observations.

    cuts -> a small capture -> tshark, through pyshark -> layers -> observations

The door is ``dissect``. It may be called from anywhere, a notebook's running event loop included, and it never raises
for a bad packet, nor for a tshark that is missing, hangs or prints nonsense: ``Dissection.problem`` reports it.
``packets`` is a second door beside it, for people who want pyshark's own packets.
"""

from analyzer.dissect.model import Cut, Dissection, Observation
from analyzer.dissect.packets import packets
from analyzer.dissect.run import dissect, find_tshark

__all__ = ["Cut", "Dissection", "Observation", "dissect", "find_tshark", "packets"]
