"""Roles and casts as bits and numbers, for columns."""

from collections.abc import Sequence

from analyzer.values import Cast, Role

ROLES = tuple(Role)

CASTS = tuple(Cast)

ROLE_BIT = {role: 1 << number for number, role in enumerate(ROLES)}

CAST_NUMBER = {cast: number for number, cast in enumerate(CASTS)}

DPM_ROLES = sum(bit for role, bit in ROLE_BIT.items() if role is not Role.OTHER)

DHCP_ANSWERERS = ROLE_BIT[Role.DHCP_SERVER] | ROLE_BIT[Role.DPM_SERVER]
"""Roles that answer DHCP requests, as a mask."""


def role_mask(roles: Sequence[Role] | frozenset[Role]) -> int:
    return sum(ROLE_BIT[role] for role in set(roles))


def roles_in(mask: int) -> list[Role]:
    """The roles of a mask, in the order of the vocabulary."""
    return [role for role in ROLES if mask & ROLE_BIT[role]]
