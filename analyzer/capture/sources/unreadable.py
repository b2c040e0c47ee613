"""Captures that cannot be read: the error, and why, as a message."""

from analyzer.errors import CaptureError
from analyzer.messages import Message, message
from analyzer.messages.english import sentence


class UnreadableCaptureError(CaptureError):
    """A capture cannot be read. ``message``: ``capture-unread``, with the capture's name and the problem."""

    def __init__(self, capture: str, problem: Message) -> None:
        self.message = message("capture-unread", capture=capture, problem=problem)
        super().__init__(sentence(self.message))


def system_problem(error: OSError | ValueError) -> Message:
    """What the operating system reports."""
    codes: dict[type[Exception], str] = {
        FileNotFoundError: "file-missing",
        PermissionError: "file-denied",
        IsADirectoryError: "file-folder",
    }
    if code := codes.get(type(error)):
        return message(code)
    return message("file-error", error=getattr(error, "strerror", None) or str(error))
