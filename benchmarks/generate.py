"""Make a large capture: ``python -m benchmarks.generate FILE``. The same seed and sizes give the same bytes.

Flows are alive side by side, as many as ``--alive`` says: each of as many lanes carries one flow after the other, and
what the lanes carry is shuffled in time. It is written window by window, so that memory grows with flows (some dozen
octets each) and never with packets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.octets import Container, Format, filler, frame_lengths, write
from benchmarks.plan import FLOWS_OF_A_BOOT, Plan
from benchmarks.traffic import Array, Packets, mixed, packets

START = 1_772_442_000_000_000_000
"""2026-03-02 09:00:00 UTC, in nanoseconds."""
RATE = 20_000
"""Nanoseconds from packet to packet."""
LONGEST_PAUSE = 10_000_000_000
"""Nanoseconds of the longest pause of a flow, about: a pause of a minute would make two flows of one."""
WINDOW = 1 << 16
"""Packets that are made at a time, about."""


def generate(path: Path, plan: Plan, form: Format = Format()) -> int:  # noqa: B008 - frozen
    """Write the capture; returns its size in octets.

    Raises:
        ValueError: no capture can match the plan.
    """
    plan.check()
    boots = boot_frames(plan.boots)
    with path.open("wb") as file:
        file.write(form.beginning())
        for octets in windows(plan, boots, form):
            file.write(octets.data)
        return file.tell()


def windows(plan: Plan, boots: list[bytes], form: Format) -> Iterator[Array]:
    """The records, a window of time after the other."""
    random = np.random.default_rng(plan.seed)
    count = plan.packets - len(boots)
    lengths = flow_lengths(count, plan.flows - FLOWS_OF_A_BOOT * plan.boots, plan.alive, random)
    # Where among all packets the boots' are: evenly from the beginning to the end.
    booting = (2 * np.arange(len(boots), dtype=np.int64) + 1) * plan.packets // (2 * max(len(boots), 1))
    before = booting - np.arange(len(boots))
    first = done = 0
    for number, (flow, position, length) in enumerate(order(lengths, plan, random)):
        columns = packets(flow, position, length, plan)
        plain = np.arange(done, done + len(flow))
        plain += np.searchsorted(before, plain, side="right")
        done += len(flow)
        following = int(plain[-1]) + 1 if done < count else plan.packets
        mine = np.arange(*np.searchsorted(booting, [first, following]))
        frames = [boots[n] for n in mine]
        made = Window(first, columns, frames, (plain - first, booting[mine] - first))
        yield made.octets(plan, form, np.random.default_rng([plan.seed, number]))
        first = following


@dataclass(frozen=True)
class Window:
    """The packets from number ``first`` on: some by formula, some as frames, and the places of both among them all."""

    first: int
    packets: Packets
    frames: list[bytes]
    places: tuple[Array, Array]

    def octets(self, plan: Plan, form: Format, random: np.random.Generator) -> Array:
        """Their records."""
        ours, theirs = self.places
        lengths = np.zeros(len(ours) + len(theirs), dtype=np.int64)
        lengths[ours] = frame_lengths(self.packets)
        lengths[theirs] = [len(frame) for frame in self.frames]
        taken = form.taken(lengths)
        at = np.cumsum(taken) - taken
        buffer = filler(int(taken.sum()), random)
        times = moments(self.first + np.arange(len(lengths)), plan)
        write(buffer, at[ours], times[ours], self.packets, form)
        if self.frames:
            heads = np.zeros(len(self.frames), dtype=form.record)
            form.head(heads, times[theirs], lengths[theirs])
            form.tail(buffer, at[theirs], lengths[theirs])
            for head, frame, begin in zip(heads, self.frames, at[theirs].tolist(), strict=True):
                octets = head.tobytes() + frame
                buffer[begin : begin + len(octets)] = np.frombuffer(octets, dtype=np.uint8)
        return buffer[: int(taken.sum())]


def moments(index: Array, plan: Plan) -> Array:
    """When the packets of these numbers were sent: at an even pace, each a little late."""
    rate = min(RATE, LONGEST_PAUSE // min(plan.alive, plan.flows))
    return START + index * rate + (mixed(index, plan.seed) % np.uint64(rate)).astype(np.int64)


@dataclass(frozen=True)
class Lengths:
    """``starts[f]``: packets of all flows before ``f``; ``lanes[k]``: those of the lanes before ``k``."""

    starts: Array
    lanes: Array


def flow_lengths(count: int, flows: int, alive: int, random: np.random.Generator) -> Lengths:
    """``count`` packets dealt to ``flows`` flows, at least one each: most are short, a few long; and to lanes."""
    lanes = min(alive, flows)
    first = np.arange(lanes + 1) * flows // lanes
    weight = random.lognormal(sigma=1.0, size=flows)
    weight *= np.repeat(random.lognormal(sigma=0.8, size=lanes), np.diff(first))
    np.cumsum(weight, out=weight)
    weight *= (count - flows) / weight[-1]
    starts = np.zeros(flows + 1, dtype=np.int64)
    np.rint(weight, out=weight)
    starts[1:] = weight
    starts += np.arange(flows + 1)
    return Lengths(starts, starts[first])


def order(lengths: Lengths, plan: Plan, random: np.random.Generator) -> Iterator[tuple[Array, Array, Array]]:
    """Flow, position in it and its length, for each packet in the order of time; a window after the other.

    A lane of n packets sends its j-th at about j/n of the whole time, give or take one packet's distance.
    """
    count = np.diff(lengths.lanes)
    phase = random.random(len(count)) * 0.999
    total = int(lengths.lanes[-1])
    parts = -(-total // WINDOW)
    low = np.zeros(len(count), dtype=np.int64)
    for part in range(1, parts + 1):
        high = (count * (part / parts) + phase).astype(np.int64) if part < parts else count
        many = high - low
        lane = np.repeat(np.arange(len(count)), many)
        mine = np.arange(len(lane)) - np.repeat(np.cumsum(many) - many, many) + low[lane]
        low = high
        if not len(lane):
            continue
        overall = lengths.lanes[lane] + mine
        flow = np.searchsorted(lengths.starts, overall, side="right") - 1
        train = mine // plan.train
        jitter = mixed(lengths.lanes[lane] + train, plan.seed + 1) / np.float64(2**64)
        key = ((train + jitter) * plan.train - phase[lane]) / count[lane]
        ranked = np.argsort(key, kind="stable")
        flow, overall = flow[ranked], overall[ranked]
        begin = lengths.starts[flow]
        yield flow, overall - begin, lengths.starts[flow + 1] - begin


def boot_frames(boots: int) -> list[bytes]:
    """The frames of ``boots`` PXE boots, one machine after the other: woken, leased, served a file, and its agent's
    connection. Few, so that they are made packet by packet."""
    if not boots:
        return []
    from tests.packets import EVERYBODY, Framing, Host, Wire  # noqa: PLC0415 - scapy takes a second to import

    wire = Wire()
    server = Host("10.9.0.1")
    for number in range(boots):
        client = Host(f"10.9.{1 + number // 250}.{1 + number % 250}")
        nobody = Host("0.0.0.0", client.mac)
        words: dict[str, Any] = {"xid": number + 1}
        magic = b"\xff" * 6 + bytes.fromhex(client.mac.replace(":", "")) * 16
        wire.udp(server, 49_000 + number, EVERYBODY, 5561, magic)
        for sender, receiver, kind in (
            *[(nobody, EVERYBODY, "discover"), (server, client, "offer")],
            *[(nobody, EVERYBODY, "request"), (server, client, "ack")],
        ):
            wire.dhcp(sender, receiver, kind, client, **words)
        wire.proxy(client, server)
        wire.tftp(client, server)
        wire.tcp(client, 56030, server, 56030)
    frames = [Framing().frame(packet) for packet in wire.packets]
    return [frame + bytes(len(frame) % 2) for frame in frames]  # checksums are sums over aligned words


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--packets", default=Plan.packets, show_default=True)
@click.option("--flows", default=Plan.flows, show_default=True)
@click.option("--alive", type=click.IntRange(1), default=Plan.alive, show_default=True, help="Flows under way at once.")
@click.option("--train", type=click.IntRange(1), default=Plan.train, show_default=True, help="Packets in a row of one.")
@click.option("--sizes", type=click.Choice(["small", "mix", "large"]), default=Plan.sizes, show_default=True)
@click.option("--dpm", type=click.FloatRange(0, 1), default=Plan.dpm, show_default=True, help="Share of DPM's hosts.")
@click.option(
    "--scan", type=click.FloatRange(0, 1), default=Plan.scan, show_default=True, help="Share of hosts that scan."
)
@click.option("--boots", type=click.IntRange(0, 10_000), default=Plan.boots, show_default=True, help="PXE boots.")
@click.option("--seed", type=click.IntRange(0), default=Plan.seed, show_default=True)
@click.option("--container", type=click.Choice(["pcap", "pcapng"]), default="pcap", show_default=True)
@click.option("--nano", is_flag=True, help="Times in nanoseconds.")
def main(file: Path, container: Container, *, nano: bool, **plan: Any) -> None:
    """Write a made capture to FILE."""
    try:
        size = generate(file, Plan(**plan), Format(container, nano))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{file}: {plan['packets']} packets, {plan['flows']} flows, {size} octets")


if __name__ == "__main__":
    main()
