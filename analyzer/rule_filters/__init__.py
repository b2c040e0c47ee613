"""Filters and firewall rules made of the rows of a table and the addresses of a site.

``matches`` makes one neutral list of matches for each row. ``bpf``, ``wireshark``, ``nftables`` and
``windows_firewall`` write that list in the language of one target. ``losses`` names what a target cannot express.
"""
