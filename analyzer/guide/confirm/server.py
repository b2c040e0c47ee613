"""The page served only to a browser on this machine.

It listens on 127.0.0.1 at a port that is free. It answers only with the random token in its address; a request
with another Host, or sent from another page, is refused. It ends when the overlay is written, when its user goes on
later, or after an hour without a request.
"""

import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from analyzer.errors import AnalyzerError
from analyzer.guide.confirm.page import Beside, page
from analyzer.guide.confirm.session import Session

MAX_BODY = 64 << 10
MAX_FIELDS = 10
"""Of one form."""
IDLE_SECONDS = 3600.0
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class ConfirmServer(ThreadingHTTPServer):
    """Serves one session. ``address``: what to open; ``done``: set when it may end."""

    daemon_threads = True

    def __init__(self, session: Session, beside: Beside) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.session, self.beside = session, beside
        self.token = secrets.token_urlsafe(24)
        self.done = threading.Event()
        self.last = time.monotonic()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def address(self) -> str:
        return f"http://{self.host}/{self.token}/"

    def shown(self, message: str = "") -> str:
        """The page as it is now."""
        return page(self.session, self.beside, message)

    def act(self, action: str, form: dict[str, str]) -> str:
        """Do what a form asks. Returns the message for the page."""
        try:
            if action == "answer":
                question, text = form.get("question", ""), form.get("text", "")
                self.session.answer(question, text)
                return f"The answer to {question} {'is stored' if text.strip() else 'was removed'}."
            if action == "correct":
                row = form.get("row", "")
                self.session.correct(
                    int(row) if row.isdecimal() and len(row) < 6 else 0, form.get("field", ""), form.get("text", "")
                )
                return f"Row {row} is corrected."
            if action == "finish":
                out = self.session.finish(form.get("by") or None, form.get("on") or None)
                return f"{out.name} is written. Close this page, and use it with --rules."
            return (
                f"The answers are in {self.session.path.name}. Close this page. To continue, start the same "
                "command again."
            )
        except AnalyzerError as error:
            return str(error)


class _Handler(BaseHTTPRequestHandler):
    server: ConfirmServer
    timeout = 20
    server_version = "dpm-analyzer"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named by the base class
        """Print nothing."""

    def _allowed(self) -> str | None:
        """The part of the address behind the token; None where the request is not from our page."""
        origin = self.headers.get("Origin")
        ours = self.headers.get("Host") == self.server.host and origin in (None, f"http://{self.server.host}", "null")
        prefix = f"/{self.server.token}/"
        held = secrets.compare_digest(self.path[: len(prefix)].encode("utf-8", "replace"), prefix.encode("ascii"))
        if not (ours and held):
            return None
        self.server.last = time.monotonic()
        return self.path[len(prefix) :]

    def do_GET(self) -> None:
        """The page."""
        if self._allowed() == "":
            self._send(self.server.shown())
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """A form of the page."""
        action = self._allowed()
        length = self.headers.get("Content-Length", "")
        if action not in ("answer", "correct", "finish", "leave"):
            self.send_error(HTTPStatus.NOT_FOUND)
        elif not length.isdecimal() or len(length) > 6 or int(length) > MAX_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            body = self.rfile.read(int(length)).decode("utf-8", "replace")
            try:
                fields = parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
            except ValueError:
                self.send_error(HTTPStatus.BAD_REQUEST)
                return
            message = self.server.act(action, {name: values[0] for name, values in fields.items()})
            self._send(self.server.shown(message))
            if action == "leave" or self.server.session.written:
                self.server.done.set()

    def _send(self, text: str) -> None:
        octets = text.encode("utf-8")
        self.send_response(HTTPStatus.OK)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)


def serve(session: Session, beside: Beside, say: Callable[[str], None]) -> None:
    """Serve the page until it is done, or for an hour without a request. Ctrl-C ends it; the answers are stored.

    Raises:
        KeyboardInterrupt: of a kind of its own, for another signal that ends the program.
    """
    with ConfirmServer(session, beside) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="confirm", daemon=True
        )
        thread.start()
        try:
            say(f"Open this address in a browser on this machine: {server.address}")
            say(
                "Each answer is stored at once. Press Ctrl-C to stop; start the same command again to continue. "
                "Use --text to answer in the terminal."
            )
            while not server.done.wait(1.0) and time.monotonic() - server.last < IDLE_SECONDS:
                pass
        except KeyboardInterrupt as signalled:
            if type(signalled) is not KeyboardInterrupt:
                raise
            say("")
        finally:
            server.shutdown()
            thread.join(5)
