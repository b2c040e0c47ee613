"""The targets of the measurements, and the measured values."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.results import Measured, Results, figures, steps, subjects

Value = tuple[float, Callable[[float], str]]
"""A number, and its text."""


@dataclass(frozen=True)
class Target:
    """The target, the measured value, and whether that is enough; None if it was not measured."""

    what: str
    target: str
    measured: str
    met: bool | None


def targets(results: Results) -> list[Target]:
    """Every target with its measurement."""
    found = {name: measured for name, measured in subjects(results).items() if measured.runs}

    def seconds(name: str) -> Callable[[], Value]:
        return lambda: (found[name].seconds, lambda x: f"{figures(x)} s")

    def memory(name: str) -> Callable[[], Value]:
        return lambda: (found[name].memory / 1e6, lambda x: f"{x:,.0f} MB")

    def judged(name: str, peer: str) -> Callable[[], Value]:
        return lambda: (found[name].seconds / found[peer].seconds, lambda x: f"{figures(x)} times its time")

    def longer() -> Value:
        return _ratio(steps(results, "long"), "memory"), lambda x: f"{figures(x)} times as much"

    def linear() -> Value:
        return _power(steps(results, "packets")), lambda x: f"packets to the power of {x:.2f}"

    def cores(name: str) -> Callable[[], Value]:
        return lambda: (found[f"{name}1"].seconds / found[f"{name}2"].seconds, _times)

    many = f"{found['flows-many'].subject['packets']:,}" if "flows-many" in found else "many"
    return [
        *(_faster(found, *line) for line in _FASTER),
        _line(
            "the whole `analyze --no-dissect`, report and charts included",
            "no slower than nfpcapd alone",
            judged("analyze", "nfpcapd"),
            1,
        ),
        _line(
            "the same of a scan of DPM's ports", "at most twice nfpcapd's time", judged("scanned", "nfpcapd-scan"), 2
        ),
        _line("memory, flow table", "below 500 MB", memory("table1"), 500),
        _line("memory, `analyze --no-dissect`", "below 500 MB", memory("analyze"), 500),
        _line("memory, ten times the packets, as many flows", "the same (within a tenth)", longer, 1.1),
        _line(f"memory, {many} flows, `flows`", "below 4 GB", memory("flows-many"), 4000),
        _line(f"memory, {many} flows, `analyze --no-dissect`", "below 4 GB", memory("analyze-many"), 4000),
        _line("time, ten times the packets", "ten times (within a tenth)", linear, math.log10(11)),
        *(
            _line(f"two cores against one, {what}", "at least 1.7 times as fast", cores(name), 1.7, least=True)
            for name, what in (
                ("table", "flow table"),
                ("hashed", "flow table and SHA-256"),
                ("places", "the same of captures of two places"),
            )
        ),
        _line("a small capture (1 MB), whole command, with dissection", "below 3 s", seconds("lab"), 3),
        *_waits(found),
        _line("`dpm-analyzer --help`", "below 0.3 s", seconds("help"), 0.3),
    ]


def _waits(found: dict[str, Measured]) -> list[Target]:
    """What users wait for beside the reading."""

    def compiling() -> Value:
        return found["first"].cpu - found["second"].cpu, lambda x: f"{figures(x)} s"

    def dissecting() -> Value:
        return found["lab1"].cpu / found["ek"].cpu, _times

    def one_of_many() -> Value:
        return found["many"].seconds, lambda x: f"{figures(x)} s"

    lab = "a small capture (0.6 MB) with dissection against `tshark -T ek`, CPU time"
    many = "each of many small captures (80 KB) in one process, headers only, CPU time"
    return [
        _line("the first capture against a later one, CPU time", "at most 8 s more", compiling, 8),
        _line(lab, "at most 5 times", dissecting, 5),
        _line(many, "at most 0.06 s", one_of_many, 0.06),
    ]


_FASTER = (
    ("nfpcapd", ("nfpcapd",), 8),
    ("NFStream", ("nfstream1", "nfstream"), 30),
    ("dpkt", ("dpkt",), 50),
    ("pyshark", ("pyshark",), 1000),
)


def _faster(found: dict[str, Measured], what: str, names: tuple[str, ...], times: int) -> Target:
    """Our flow table on one core against a peer's best."""

    def value() -> Value:
        return min(found[name].seconds for name in names if name in found) / found["table1"].seconds, _times

    return _line(
        f"capture to flow table, one core, against {what}", f"at least {times:,} times", value, times, least=True
    )


def _line(
    what: str,
    target: str,
    value: Callable[[], tuple[float, Callable[[float], str]]],
    bound: float,
    *,
    least: bool = False,
) -> Target:
    try:
        number, text = value()
    except (KeyError, ValueError):
        return Target(what, target, "not measured", None)
    return Target(what, target, text(number), number >= bound if least else number <= bound)


def _ratio(measured: list[Measured], what: str) -> float:
    """The last step's against the first's. Raises ValueError where there are not both."""
    if len(measured) < 2:
        raise ValueError(what)
    return float(getattr(measured[-1], what) / getattr(measured[0], what))


def _power(measured: list[Measured]) -> float:
    """The power of the number of packets that the time grew with over the last step, where a run's fixed cost is least.
    Raises ValueError where there are no two steps."""
    last = measured[-2:]
    return math.log(_ratio(last, "seconds")) / math.log(last[1].subject["packets"] / last[0].subject["packets"])


def _times(number: float) -> str:
    return f"{figures(number)} times"
