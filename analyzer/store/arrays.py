"""Arrays of integers in a file of a store, which strangers may have written."""

import io
import zipfile
import zlib
from typing import Any

import numpy as np

MOST_HEAD_OF_AN_ARRAY = 1024


def octets_of_arrays(arrays: dict[str, Any], level: int = 1) -> bytes:
    """The arrays as an npz file. ``level``: how much it is compressed; 0: not at all."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, np.ascontiguousarray(array), allow_pickle=False)
            # A fixed date: the same arrays give the same octets.
            packed.writestr(zipfile.ZipInfo(f"{name}.npy"), part.getvalue(), zipfile.ZIP_DEFLATED, level)
    return content.getvalue()


def arrays_of(content: bytes, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """The arrays of an npz file, each of its shape; sizes are compared before anything is unpacked.

    Raises:
        ValueError: it has others.
    """
    try:
        return _unpacked(content, shapes)
    except (OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise ValueError(str(error)) from error


def _unpacked(content: bytes, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        sizes = {info.filename: info.file_size for info in packed.infolist()}
    if set(sizes) != {f"{name}.npy" for name in shapes}:
        raise ValueError("its arrays")
    if any(sizes[f"{name}.npy"] > 8 * int(np.prod(shape)) + MOST_HEAD_OF_AN_ARRAY for name, shape in shapes.items()):
        raise ValueError("the size of its arrays")
    with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in shapes}
    if any(array.shape != shapes[name] or array.dtype != np.int64 for name, array in arrays.items()):
        raise ValueError("the shape of its arrays")
    return arrays
