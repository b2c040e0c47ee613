"""What stages keep of each flow until the report is written, as narrow as its values allow."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from analyzer.flows.packed import narrow_column

Kept = TypeVar("Kept")


def with_narrow_columns(kept: Kept, flows: int) -> Kept:
    """The same object, and those of this package inside it, with each column of so many whole numbers narrow, and each
    column of one text without memory for each flow. They are used as before, and cannot be changed."""
    if is_dataclass(kept) and not isinstance(kept, type):
        changed = _narrow({field.name: getattr(kept, field.name) for field in fields(kept)}, flows)
        return replace(kept, **changed) if changed else kept
    if isinstance(kept, tuple) and hasattr(kept, "_asdict"):
        changed = _narrow(kept._asdict(), flows)
        return cast("Kept", type(kept)(**(kept._asdict() | changed))) if changed else kept
    return kept


def _narrow(values: dict[str, Any], flows: int) -> dict[str, Any]:
    """Those of these values that become others."""
    changed = {}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            if value.shape == (flows,):
                changed[name] = column_of(value)
        elif type(value).__module__.startswith("analyzer.compliance."):
            changed[name] = with_narrow_columns(value, flows)
    return changed


def column_of(values: NDArray[Any]) -> Any:
    """A column that is used as these values are."""
    if values.dtype == np.int64:
        return narrow_column(values)
    if values.dtype == object and len(values) and isinstance(values[0], str) and (values == values[0]).all():
        return np.broadcast_to(values[:1].reshape(()), values.shape)
    return values
