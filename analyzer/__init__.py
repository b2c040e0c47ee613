"""DPM Analyzer: captured traffic of a DeploymentManager network, judged flow by flow against the vendor's table of
ports."""

from typing import TYPE_CHECKING, Any

from analyzer.version import VERSION as __version__  # noqa: N811 - the name that packages have

if TYPE_CHECKING:
    from analyzer.api import Run, analyze, load
    from analyzer.api.store import Store
    from analyzer.errors import (
        AnalyzerError,
        CaptureError,
        DocumentError,
        OutputError,
        RulesError,
        SiteError,
        StoreError,
    )
    from analyzer.report import Report

__all__ = [
    "AnalyzerError",
    "CaptureError",
    "DocumentError",
    "OutputError",
    "Report",
    "RulesError",
    "Run",
    "SiteError",
    "Store",
    "StoreError",
    "__version__",
    "analyze",
    "load",
]

_HOMES = {
    "Report": "analyzer.report",
    "Run": "analyzer.api",
    "Store": "analyzer.api.store",
    "analyze": "analyzer.api",
    "load": "analyzer.api",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: a command's --help must not wait for pandas."""
    if name not in __all__:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only when a name is used

    return getattr(import_module(_HOMES.get(name, "analyzer.errors")), name)
