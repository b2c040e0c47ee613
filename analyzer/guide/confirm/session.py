"""A draft while a person answers: every answer is written to its file at once."""

import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.guide import answers
from analyzer.guide.overlay import OverlayError, overlay
from analyzer.guide.process import storable
from analyzer.guide.writing import draft_text, pack_text
from analyzer.output import prepare_file, write_file
from analyzer.rules import check
from analyzer.rules.draft import Draft, DraftRule, Question
from analyzer.rules.draft_files import read_draft
from analyzer.rules.draft_lint import sound_draft


@dataclass
class Session:
    """``path``: the draft's file; ``out``: where the overlay goes; ``guide``: the file that it was read from,
    which need not be there; ``written``: the overlay is there."""

    path: Path
    out: Path
    draft: Draft
    guide: Path
    force: bool = False
    written: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, question: str, text: str) -> None:
        """Store an answer.

        Raises:
            AnswerError: it is none. OutputError: the draft cannot be written.
        """
        with self.lock:
            self._keep(answers.answered(self.draft, question, text))

    def correct(self, row: int, about: str, text: str) -> None:
        """Store a correction of a printed row.

        Raises:
            AnswerError: it is none. OutputError: the draft cannot be written.
        """
        with self.lock:
            self._keep(answers.corrected(self.draft, row, about, text))

    def _keep(self, draft: Draft) -> None:
        write_file(self.path, [draft_text(draft).encode("utf-8")], [])
        self.draft = draft

    def open(self) -> list[Question]:
        """The questions that wait."""
        return answers.still_open(self.draft)

    def rows(self) -> list[tuple[int, list[DraftRule]]]:
        """The printed rows with their flows, the answers applied; a row that is left out has none."""
        return answers.printed_rows(self.draft)

    def finish(self, by: str | None, on: str | None) -> Path:
        """Write the overlay.

        Raises:
            OverlayError: something is open, or its rows contradict each other. OutputError: it cannot be written.
        """
        with self.lock:
            text = pack_text(overlay(self.draft, by, on)).encode("utf-8")
            with tempfile.TemporaryDirectory() as folder:
                trial = Path(folder) / "overlay.yaml"
                trial.write_bytes(text)
                wrong = [issue.issue.message for issue in check([str(trial)]) if issue.severity == "error"]
            if wrong:
                raise OverlayError("the rows cannot be used yet:", *wrong)
            prepare_file(self.out, force=self.force or self.written)
            write_file(self.out, [text], [self.path, self.guide])
            self.written = True
            return self.out


def open_session(path: Path, out: Path | None, *, force: bool, guide: Path | None = None) -> Session:
    """The session on the draft at ``path``; the overlay goes to ``out``, or beside it with ``-overlay`` in its name.
    ``guide``: its file, else the one of that name beside the draft.

    Raises:
        RulesError: it cannot be read, or is no sound draft.
    """
    draft = sound_draft(read_draft(path))
    target = out or path.with_name(f"{path.stem.removesuffix('-draft')}-overlay.yaml")
    return Session(path, target, draft, guide or _beside(path, Path(draft.guide.file).name), force)


def _beside(draft: Path, name: str) -> Path:
    """The file in the folder of the draft that an import calls ``name``."""
    folder = draft.parent
    if not (folder / name).exists():
        with suppress(OSError):
            return next((one for one in folder.iterdir() if storable(one.name) == name), folder / name)
    return folder / name
