"""The programs that a cell prints: names, paths, and the operating system that each is for."""

import re
from dataclasses import dataclass
from functools import lru_cache

from analyzer.guide.joining import EXTENSIONS, Sure
from analyzer.guide.marks import split_marks
from analyzer.guide.words import Words, normal, sign, squeezed
from analyzer.rules.word_file import System


@dataclass(frozen=True)
class PrintedProgram:
    """``path`` as printed; a name without a path is a name as printed (DHCP server)."""

    name: str
    path: str | None = None
    system: System | None = None


@dataclass(frozen=True)
class ProgramFact:
    """``programs`` in their order; ``rest``: text of the cell that is in none of them."""

    programs: tuple[PrintedProgram, ...]
    sure: Sure
    marks: tuple[int, ...] = ()
    rest: str = ""


_FILE_END = rf"\.(?:{EXTENSIONS})(?![A-Za-z0-9_])"
_ROOT = r"(?:[A-Za-z]:|%[\w() ]{1,40}%|<[^<>\n]{1,60}>|\[[^\[\]\n]{1,60}\]|\$\w{1,40})?"
_WINDOWS_FILE = re.compile(rf"{_ROOT}\\[^/:*?\"<>|\n]{{0,300}}?{_FILE_END}", re.IGNORECASE)
_RELATIVE_FILE = re.compile(rf"[A-Za-z0-9_.+-]+\\[^/:*?\"<>|\n]{{0,300}}?{_FILE_END}", re.IGNORECASE)
_WINDOWS_PATH = re.compile(rf"{_ROOT}\\(?:[^\\/:*?\"<>|\n]{{1,80}}\\)+[\w.+-]{{1,80}}")
_UNIX_PATH = re.compile(r"(?<![\w.)/])(?:\$\w{1,40}|%\w{1,40}%)?/(?:[\w.+@-]{1,80}/){0,20}[\w.+@-]{1,80}")
_BARE_FILE = re.compile(rf"[A-Za-z0-9_.+@-]{{1,80}}?{_FILE_END}", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;:、・/()\[\]|+&]+")


def program_fact(text: str, words: Words) -> ProgramFact:
    """The programs in a cell."""
    bare, marks = split_marks(text)
    shown = normal(bare)
    if not shown.strip() or sign(shown) in words.nothing:
        return ProgramFact((), "certain", marks)
    scan = _Scan(shown, words)
    scan.run()
    return ProgramFact(tuple(dict.fromkeys(scan.found)), scan.sure, marks, " ".join(scan.rest))


class _Scan:
    """One reading of a cell from its beginning to its end."""

    def __init__(self, text: str, words: Words) -> None:
        self.text = text
        self.words = words
        self.at = 0
        self.system: System | None = None
        self.found: list[PrintedProgram] = []
        self.rest: list[str] = []
        self.name = ""
        self.sure: Sure = "certain"

    def run(self) -> None:
        while self.at < len(self.text):
            if not (self._file() or self._system() or self._connective()):
                self.name += self.text[self.at]
                self.at += 1
        self._end_name()

    def _at_word(self) -> bool:
        return self.at == 0 or not (self.text[self.at - 1].isalnum() and self.text[self.at - 1].isascii())

    def _file(self) -> bool:
        for pattern in (_WINDOWS_FILE, _RELATIVE_FILE, _WINDOWS_PATH, _UNIX_PATH, _BARE_FILE):
            match = pattern.match(self.text, self.at)
            if match and (self._at_word() or pattern is _WINDOWS_FILE):
                if self.name.strip().endswith(("(", "[")) and self.name.strip(" (["):
                    self.sure = "likely"  # a name with its file in brackets: one program or two
                self._end_name()
                self._add(match[0].strip())
                self.at = match.end()
                return True
        return False

    def _add(self, path: str) -> None:
        name = re.split(r"[\\/]", path)[-1]
        system = self.system
        self.found.append(PrintedProgram(name, path if name != path else None, system))

    def _system(self) -> bool:
        """A word for an operating system: before its programs, or in brackets behind one."""
        named = self.name.strip(" \n\t(:、,・[")
        if not self._at_word() or (named and not self.name.rstrip().endswith(("(", "["))):
            return False
        match = _systems(self.words).match(self.text, self.at)
        if match is None:
            return False
        system = self.words.systems[squeezed(match[0])]
        behind = self.text[match.end() :].lstrip(" \t")
        opened = self.name.strip().endswith(("(", "["))
        if named and behind[:1] not in (")", "]"):
            return False
        if named:
            self._end_name()
        if opened and self.found and not behind[1:].lstrip(" :\t").startswith(("\\", "/")):
            last = self.found[-1]
            self.found[-1] = PrintedProgram(last.name, last.path, system)
        elif not behind or behind[0] in ":\n\\/)]," or re.match(r"[\w.+%-]+", behind):
            self.system = system
        self.name = ""
        self.at = match.end()
        while self.at < len(self.text) and self.text[self.at] in " :)]\t":
            self.at += 1
        return True

    def _connective(self) -> bool:
        match = _connectives(self.words).match(self.text, self.at)
        if match is None or (match[0][0].isascii() and not self._at_word()):
            return False
        self._end_name()
        self.at = match.end()
        return True

    def _end_name(self) -> None:
        """The free text that was read up to here: a program without a file, or a remark on one."""
        for line in self.name.split("\n"):
            name = " ".join(line.split()).strip(" ,;:、・/|+&")
            if name.startswith("(") and self.found:
                self.rest.append(name)
                self.sure = "likely"
            elif (name := name.strip(" )]") if name.count("(") < name.count(")") else name) and _BETWEEN.sub("", name):
                self.found.append(
                    PrintedProgram(name.strip(" ([") if name.endswith(("(", "[")) else name, None, self.system)
                )
        self.name = ""


@lru_cache(maxsize=8)
def _systems_of(known: frozenset[str], spelled: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(spelled), re.IGNORECASE) if known else re.compile(r"(?!)")


def _systems(words: Words) -> re.Pattern[str]:
    """Any word for a system, the longest first, with spaces anywhere in it."""
    spelled = sorted(words.systems, key=len, reverse=True)
    # A word of letters ends where they do; a Japanese one may be followed by the program at once.
    patterns = tuple(
        r"\s*".join(map(re.escape, word)) + (r"(?![A-Za-z0-9])" if word[-1].isascii() else "") for word in spelled
    )
    return _systems_of(frozenset(words.systems), patterns)


def _connectives(words: Words) -> re.Pattern[str]:
    return _connectives_of(tuple(sorted(words.connectives, key=len, reverse=True)))


@lru_cache(maxsize=8)
def _connectives_of(known: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        "|".join(
            re.escape(word) + (r"(?![\w.])" if word[-1].isascii() and word[-1].isalpha() else "") for word in known
        ),
        re.IGNORECASE,
    )
