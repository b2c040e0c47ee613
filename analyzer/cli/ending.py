"""The end of the program, without the time that the interpreter takes to free every object: the system frees them at
once. It is a thirtieth of an analysis of a small capture."""

import atexit
import os
import sys
import threading


def end_at_once(code: object) -> None:
    """End this process with the code of a SystemExit, after all that the interpreter does before it frees objects.

    Returns where the interpreter has to end it: the code is a text, a thread still works, or output cannot be written.
    """
    number = 0 if code is None else code
    if not isinstance(number, int) or any(_works(thread) for thread in threading.enumerate()):
        return
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(number & 0xFF if os.name == "posix" else number)


def _works(thread: threading.Thread) -> bool:
    """Whether the interpreter would wait for a thread."""
    return thread is not threading.main_thread() and not thread.daemon
