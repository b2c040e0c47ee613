"""Executes the notebooks and writes their outputs: ``python -m notebooks.execute [FILE]...``; a test compares.

The outputs are the same on every run: they contain neither the time nor the machine of their making.
"""

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

HERE = Path(__file__).parent
_TSHARK = re.compile(r"tshark \d+(\.\d+)+")
_SPACES = re.compile(r" +")
_LABEL = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)


def notebooks() -> list[Path]:
    """The notebooks, in the order in which they are read."""
    return sorted(HERE.glob("[0-9]-*.ipynb"))


def executed(path: Path) -> NotebookNode:
    """The notebook with the outputs of a fresh kernel, and without the parts that differ from run to run.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        place = Path(folder, "notebooks")
        place.mkdir()
        (place.parent / "sample_pcaps").symlink_to(HERE.parent / "sample_pcaps")
        # Sockets of the file system: nothing is on any network.
        sockets = Config(AsyncKernelManager={"transport": "ipc", "ip": f"{folder}/kernel"})
        client = NotebookClient(
            notebook, config=sockets, resources={"metadata": {"path": str(place)}}, timeout=300, record_timing=False,
            coalesce_streams=True,
        )  # fmt: skip
        # Neither the user's start-up files nor the history that their notebooks share.
        client.execute(env=os.environ | {"IPYTHONDIR": folder, "PYTHONPATH": str(HERE.parent)})
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def shown(notebook: NotebookNode) -> list[list[str]]:
    """What each code cell shows, as far as versions of other programs do not change it: words, and of a chart the words
    in it."""
    return [[_plain(output) for output in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]


def _plain(output: NotebookNode) -> str:
    if output.output_type == "stream":
        text = f"{output.name}: {output.text}"
    elif "image/svg+xml" in output.data:
        text = "\n".join(_LABEL.findall(output.data["image/svg+xml"]))
    else:
        text = output.data["text/plain"]
    return _TSHARK.sub("tshark", _SPACES.sub(" ", text))


def main(names: list[str]) -> None:
    for path in [Path(name).resolve() for name in names] or notebooks():
        notebook = executed(path)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
