"""Chromium without a window, as the program that prints a page.

It gets a folder of its own for everything that it writes, no settings of the user, no network and a time limit.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from analyzer.errors import OutputError
from analyzer.operating_system import processes
from analyzer.operating_system.programs import find_chromium
from analyzer.text import clip

TIMEOUT = 300
"""Seconds that printing may take; the largest page takes some ten."""
MOST_OCTETS = 512 << 20
"""Octets of a file that Chromium may write."""
OPTIONS = (
    *("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--no-default-browser-check"),
    *("--disable-extensions", "--disable-sync", "--disable-background-networking", "--disable-component-update"),
    *("--disable-default-apps", "--disable-domain-reliability", "--disable-breakpad", "--disable-dev-shm-usage"),
    *("--disable-client-side-phishing-detection", "--metrics-recording-only", "--mute-audio"),
    # No name and no address is ever resolved, and no file may load another file.
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=<-loopback>"),
    *("--password-store=basic", "--use-mock-keychain", "--lang=en-US", "--force-color-profile=srgb"),
    *("--no-pdf-header-footer", "--generate-pdf-document-outline", "--user-agent=dpm-analyzer"),
)
_MADE_BY = re.compile(rb"/Producer \(Skia/PDF m(\d+)\)")
_FRONT = 8192
_FATAL = re.compile(r"(?:FATAL|ERROR):?[^]]*\]\s*(.*)")


def printed(page: str, oldest: int) -> bytes:
    """The page as PDF. ``oldest``: the first version of Chromium that prints it as it is meant.

    Raises:
        OutputError: no Chromium is installed, it is older, it fails, or it takes too long.
    """
    program = find_program()
    with tempfile.TemporaryDirectory(prefix="dpm-analyzer-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, target, errors = folder / "page.html", folder / "page.pdf", folder / "errors"
        source.write_bytes(page.encode())
        run(program, (f"--print-to-pdf={target}", source.as_uri()), folder, errors)
        try:
            paper = target.read_bytes()
        except OSError:
            raise OutputError(f"{program} made no PDF{why(errors)}") from None
    made_by = _MADE_BY.search(paper[:_FRONT])
    if not paper.startswith(b"%PDF-") or made_by is None:
        raise OutputError(f"{program} made no PDF that this program knows: it has to be Chromium or Chrome")
    if int(made_by[1]) < oldest:
        raise OutputError(
            f"{program} is version {int(made_by[1])}: page numbers need Chromium {oldest} or later; "
            "or open report.html in a newer browser and print it there"
        )
    return paper


def find_program() -> str:
    """The path of Chromium or Chrome. Raises OutputError if none is installed."""
    if found := find_chromium():
        return found
    raise OutputError(
        "A PDF needs Chromium or Chrome, and none was found: install it (Debian: apt-get install chromium; "
        "macOS: brew install --cask chromium), or open report.html in a browser and print it there"
    )


def run(program: str, words: tuple[str, ...], folder: Path, errors: Path) -> None:
    """Run it until it ends; it and all that it started are ended in any case. Raises OutputError."""
    # As root Chromium does not run with its sandbox; it prints a page without script that loads nothing.
    sandbox = ("--no-sandbox",) if sys.platform != "win32" and os.geteuid() == 0 else ()
    with errors.open("wb") as said:
        try:
            process = processes.start(
                [program, *OPTIONS, *sandbox, f"--user-data-dir={folder / 'profile'}", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=environment(folder),
                cwd=folder,  # no file of the current folder is read
                most_written=MOST_OCTETS,
            )
        except OSError as error:
            raise OutputError(f"{program} could not be started: {error.strerror}") from error
    try:
        processes.wait(process, TIMEOUT)
    except subprocess.TimeoutExpired:
        raise OutputError(f"{program} did not print the report within {TIMEOUT} seconds") from None
    finally:
        processes.end(process)


def environment(folder: Path) -> Mapping[str, str]:
    """The environment of Chromium: what it writes goes into ``folder``, and no settings of the user are read."""
    needed = ("PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "SYSTEMROOT")
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    own = {
        name: str(folder)
        for name in ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    }
    return kept | own | {"LANG": "C.UTF-8", "TZ": "UTC", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}


def why(errors: Path) -> str:
    """The last thing that Chromium said of its failure, as the end of a sentence."""
    with suppress(OSError):
        said = errors.read_bytes()[-65536:].decode(errors="replace")
        found = [line for line in _FATAL.findall(said) if "dbus" not in line.lower() and line.strip()]
        if found:
            return f": {clip(found[-1].strip(), 200)}"
    return ": it may not be allowed to read temporary files (a Chromium of snap is not)"
