"""Two processes at once, each on a core of its own: what two cores give where nothing is shared. ``pair.py WORD...``,
the words of ``ours.py``; prints the time of the slower one."""

import json
import os
import subprocess
import sys
from pathlib import Path

OURS = Path(__file__).with_name("ours.py")


def main(words: list[str]) -> None:
    started = []
    for core in sorted(os.sched_getaffinity(0))[:2]:
        on_core = ["taskset", "-c", str(core), sys.executable, str(OURS), *words]
        started.append(subprocess.Popen(on_core, stdout=subprocess.PIPE, text=True))
    printed = [json.loads(process.communicate()[0].splitlines()[-1]) for process in started]
    slower = max(printed, key=lambda one: one["seconds"])
    sys.stdout.write(json.dumps(slower) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
