"""Where nftables can be tried."""

import subprocess

import pytest

from tests.rule_filters.tools import program


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Skips where no network namespace with nftables can be made."""
    program("nft", "nftables")
    program("ip", "iproute2")
    tried = subprocess.run(["unshare", "--net", "nft", "list", "ruleset"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network namespace with nftables can be made here: {tried.stderr.strip()}")
