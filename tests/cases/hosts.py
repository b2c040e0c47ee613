"""Who is who in ``site.yaml``: a /23 with the server, and two /25 behind a router."""

from tests.packets import Host

SERVER = Host("10.20.0.10")
ROUTER = Host("10.20.0.1")
RELAY = Host("10.20.2.1")
M1, M2 = Host("10.20.0.31"), Host("10.20.1.32")
Q1, Q2 = Host("10.20.2.41"), Host("10.20.2.141")
CONSOLE = Host("10.20.0.50")
"""Image Builder."""
COMMANDS = Host("10.20.0.51")
"""DPM Command Line."""
STRANGER, OTHER = Host("10.20.0.66"), Host("10.20.1.67")
OTHER_DHCP = Host("10.20.0.5")
SERVER6, M6, ROUTER6 = Host("2001:db8:20::10"), Host("2001:db8:20::31"), Host("2001:db8:20::1")
