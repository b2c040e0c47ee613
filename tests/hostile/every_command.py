"""What each command needs to run, and a call of each, so that a test can try all of them in one way."""

import os
import shutil
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from analyzer.operating_system.programs import find_chromium
from tests.program import ROOT, read_table, run
from tests.workbooks import fill, rows_where

LAB = ROOT / "sample_pcaps" / "lab"
GUIDE = "Item,Port,Protocol,Direction,Target\nRestore,56023,TCP,DPM Server -> managed machine,managed machine\n"
NEEDS = {"store ask": "duckdb", "render xlsx": "xlsxwriter", "review apply": "python_calamine"}
"""The package that a call needs and that is an extra."""

CALLS: dict[str, tuple[str, ...]] = {
    "flows": ("flows", "CAPTURE"),
    "explain": ("explain", "dirty", "FLOW"),
    "extract": ("extract", "dirty", "captures", "--verdict", "unexpected", "-o", "-"),
    "diff": ("diff", "dirty", "clean"),
    "verify": ("verify", "bare", "captures"),
    "render md": ("render", "dirty", "--format", "md"),
    "render xlsx": ("render", "dirty", "--format", "xlsx", "-o", "made.xlsx"),
    "render charts": ("render", "dirty", "--format", "charts"),
    "render pdf": ("render", "dirty", "--format", "pdf", "-o", "made.pdf"),
    "seal": ("seal", "dirty"),
    "seal --check": ("seal", "sealed", "--check"),
    "site check": ("site", "check", "site.yaml"),
    "site infer": ("site", "infer", "CAPTURE"),
    "review apply": ("review", "apply", "review.xlsx", "--site", "site.yaml"),
    "rules show": ("rules", "show"),
    "rules check": ("rules", "check"),
    "rules diff": ("rules", "diff", "dpm", "oem-hitachi"),
    "rules export": ("rules", "export", "--site", "site.yaml", "--to", "nftables"),
    "rules import": ("rules", "import", "guide.csv", "-o", "draft.yaml"),
    "store add": ("store", "add", "new captures", "CAPTURE"),
    "store report": ("store", "report", "kept", "--site", "site.yaml", "--no-dissect", "--out", "judged again"),
    "store ask": ("store", "ask", "kept", "select count(*) as n from flows"),
    "store watch": ("store", "watch", "watched", "captures", "--once", "--interval", "1s", "--still", "1s"),
}
"""Name -> the words of a call. Words are names in the folder of ``material``; CAPTURE and FLOW stand for one of it."""


def installed(name: str) -> bool:
    """Whether the extra or the program that a call needs is there."""
    if name == "render pdf":
        return bool(find_chromium())
    return name not in NEEDS or find_spec(NEEDS[name]) is not None


def material(folder: Path) -> Path:
    """A folder with what the calls need: captures, reports, a profile, a workbook, a guide and a store."""
    (folder / "captures").mkdir(parents=True)
    capture = folder / "captures" / "dirty_segB.pcap"
    shutil.copy(LAB / capture.name, capture)
    shutil.copy(LAB / "site.yaml", folder)
    (folder / "guide.csv").write_text(GUIDE, encoding="utf-8")
    given = ("--site", folder / "site.yaml", "--no-dissect", "-q")
    run("analyze", capture, *given, "--out", folder / "dirty")
    run("analyze", LAB / "clean_segB.pcap", *given, "--out", folder / "clean")
    (folder / "bare").mkdir()
    shutil.copy(folder / "dirty" / "report.json", folder / "bare")
    shutil.copytree(folder / "dirty", folder / "sealed")
    run("seal", folder / "sealed")
    if installed("render xlsx") and installed("review apply"):
        book = folder / "review.xlsx"
        run("render", folder / "dirty", "--format", "xlsx", "-o", book)
        row = rows_where(book, "findings", verdict="unexpected")[0]
        fill(book, "findings", row, decision="accept", owner="j.doe", reason="known", expires=date(2099, 1, 1))
    run("store", "add", folder / "kept", capture, "-q")
    run("store", "report", folder / "kept", "--site", folder / "site.yaml", "--no-dissect", "--out", folder / "judged")
    return folder


def words_of(name: str, folder: Path) -> list[str]:
    """The words of a call with the material in ``folder``; only what is written without a folder is named plainly."""
    stands = {
        "CAPTURE": str(folder / "captures" / "dirty_segB.pcap"),
        "FLOW": read_table(folder / "dirty" / "flows.csv")["flow"][0],
    }
    own = {path.name for path in folder.iterdir()} | {"new captures", "watched"}
    return [stands.get(word) or (str(folder / word) if word in own else word) for word in CALLS[name]]


def process(words: list[str], folder: Path, stdout: int | IO[bytes] = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    """The command as it is started by a user, in ``folder``."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "analyzer", *words],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
