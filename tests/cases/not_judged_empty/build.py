from pathlib import Path

from tests.packets import Wire


def build(folder: Path) -> None:
    Wire().save(folder / "capture.pcap")
