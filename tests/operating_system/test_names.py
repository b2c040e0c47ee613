"""What Windows makes of names, tried on every system."""

import pytest

from analyzer.operating_system.windows.names import is_long, long_form, quoted_word, reserved_name


@pytest.mark.parametrize(
    "path",
    [
        "CON", "nul", "AUX.pcap", "com1", "LPT9.txt", "COM\u00b9", r"C:\captures\PRN", "captures/con.pcapng",
        "NUL .pcap",
        "CONIN$", "conout$", r"\\server\share\NUL",
    ],
)  # fmt: skip
def test_names_of_devices(path: str) -> None:
    assert "for a device" in reserved_name(path)


@pytest.mark.parametrize("path", ["report.", "report ", r"C:\a\report. .", "a /b", "a./b.pcap"])
def test_points_and_spaces_at_the_end(path: str) -> None:
    assert "point or space at the end" in reserved_name(path)


@pytest.mark.parametrize("path", ["a|b", "a<b", 'a"b', "a?b", "a*b", "a\x1fb", "C:\\a\\b:stream", "a:b:c"])
def test_characters_that_are_not_taken(path: str) -> None:
    assert "a character that Windows does not take" in reserved_name(path)


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "..", "../x", ".hidden", "console", "CONFIG", "nullo.pcap", "com", "com10", "lpt", "a.CON",
        r"C:\captures\dpm [1].pcap", "C:", "C:x", "C:/x/y", r"\\server\share\x", r"\\?\C:\x\NUL.", "日本語.pcap",
    ],
)  # fmt: skip
def test_names_that_are_taken(path: str) -> None:
    assert reserved_name(path) == ""


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (r"C:\a\..\b", r"\\?\C:\b"),
        ("C:/a/b", r"\\?\C:\a\b"),
        (r"\\server\share\a", r"\\?\UNC\server\share\a"),
    ],
)
def test_the_long_form(path: str, wanted: str) -> None:
    assert long_form(path) == wanted


def test_which_paths_are_long() -> None:
    assert not is_long("C:\\" + "a" * 100)
    assert is_long("C:\\" + "a" * 200)
    assert not is_long("\\\\?\\C:\\" + "a" * 200)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        (r"C:\captures\report", r"C:\captures\report"),
        ("report-1", "report-1"),
        ("日本語", "日本語"),
        (r"C:\my captures\report", r'"C:\my captures\report"'),
        ("a&b", '"a&b"'),
        ("a'b", '"a\'b"'),
        ("", '""'),
        ("100%", "DIR"),
        ('a"b', "DIR"),
        ("$x", "DIR"),
        ("a`b", "DIR"),
    ],
)
def test_words_of_a_command(word: str, wanted: str) -> None:
    assert quoted_word(word, "DIR") == wanted
