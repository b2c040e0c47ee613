"""What a host's logs could have shown of a moment, and why they could not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from analyzer.host_evidence.clocks import ClockOffset
from analyzer.host_evidence.model import NO_TIME, HostNote, Log, Nature


class Why(StrEnum):
    """Why nothing is known of the program at an end of a flow."""

    NO_HOST = "no-evidence-of-host"
    BEGAN_BEFORE = "began-before-capture"
    NO_LOG = "no-log-of-connections"
    CLOCK = "clock-unknown"
    BEFORE_LOG = "before-log"
    AFTER_LOG = "after-log"
    GAP = "gap-in-log"
    NO_RECORD = "no-record"


@dataclass(frozen=True)
class Cover:
    """The logs of connections of all hosts."""

    logs: Mapping[str, tuple[Log, ...]]
    clocks: Mapping[tuple[str, str], ClockOffset]

    def why(self, host: str, time: int) -> Why:
        """Why no log of ``host`` shows a connection that began at ``time`` of the capture; NO_RECORD where one could
        have shown it."""
        logs = self.logs.get(host, ())
        if not logs:
            return Why.NO_LOG
        reasons = [self._of_log(log, time) for log in logs]
        return min(reasons, key=_ORDER.index)

    def _of_log(self, log: Log, time: int) -> Why:
        changing = self.clocks.get((log.host, log.clock))
        clock = changing and changing.when_captured(time)
        if clock is None or not clock.known or log.since == NO_TIME:
            return Why.CLOCK
        at = time + clock.offset
        if at < log.since:
            return Why.BEFORE_LOG
        if at > log.until:
            return Why.AFTER_LOG
        if any(gap.since <= at <= gap.until for gap in log.gaps) or any(at <= cleared for cleared in log.cleared):
            return Why.GAP
        return Why.NO_RECORD


_ORDER = (Why.NO_RECORD, Why.GAP, Why.BEFORE_LOG, Why.AFTER_LOG, Why.CLOCK)


def cover_of(logs: Iterable[Log], clocks: Mapping[tuple[str, str], ClockOffset]) -> Cover:
    """The logs that show permitted connections: of events, or of socket tables that were taken again and again."""
    held: dict[str, list[Log]] = defaultdict(list)
    for log in logs:
        if Nature.CONNECTION in log.natures or (Nature.SOCKETS in log.natures and len(log.tables) > 1):
            held[log.host].append(log)
    return Cover({host: tuple(ones) for host, ones in held.items()}, clocks)


def notes_on(logs: Iterable[Log]) -> list[HostNote]:
    """What each log lacks."""
    found: list[HostNote] = []
    for log in logs:
        if not log.natures and not log.cleared:
            continue
        host = {"host": log.host, "source": log.source, "channel": log.channel}
        found += [HostNote("log-cleared", "warning", {**host, "time": time}) for time in log.cleared]
        if log.rolled and log.natures:
            found.append(HostNote("log-begins-late", "info", {**host, "time": log.since}))
        if log.gap_count:
            missing = sum(gap.missing for gap in log.gaps)
            found.append(HostNote("log-gaps", "info", {**host, "gaps": log.gap_count, "missing": missing}))
        if log.stopped:
            found.append(HostNote("log-stopped", "warning", {**host, "why": log.stopped, "time": log.until}))
    return found
