"""Pictures of parts of a PDF's pages, as PNG, by pdfium."""

import base64
import io
from typing import Any

from analyzer.guide import limits

MAX_PIXELS = 1_500_000
"""Of one picture."""
_SCALE = 1.7
_MARGIN = 6.0


def crops(octets: bytes, wanted: Any) -> list[str]:
    """A PNG in base64 for each of ``wanted``: mappings with place (page from 1), rotated (degrees) and box (points from
    the top left); an empty text where the page cannot be drawn."""
    import pypdfium2  # noqa: PLC0415 - belongs to the extra

    found = []
    with pypdfium2.PdfDocument(octets) as document:
        for one in list(wanted)[: limits.MAX_PICTURES]:
            try:
                found.append(
                    _crop(document, int(one["place"]), int(one["rotated"]), [float(edge) for edge in one["box"]])
                )
            except MemoryError:
                raise
            except Exception:
                found.append("")
    return found


def _crop(document: Any, place: int, rotated: int, box: list[float]) -> str:
    page = document[place - 1]
    if rotated:
        page.set_rotation((page.get_rotation() + rotated) % 360)
    width, height = page.get_size()
    left, top = max(box[0] - _MARGIN, 0), max(box[1] - _MARGIN, 0)
    right, bottom = min(box[2] + _MARGIN, width), min(box[3] + _MARGIN, height)
    if right <= left or bottom <= top:
        return ""
    scale = min(_SCALE, (MAX_PIXELS / ((right - left) * (bottom - top))) ** 0.5)
    bitmap = page.render(scale=scale, crop=(left, height - bottom, width - right, top))
    out = io.BytesIO()
    bitmap.to_pil().convert("L").save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode("ascii")
