"""Messages that several fields of a row share."""

from analyzer.columns import Integers
from analyzer.compliance.identity.roles import roles_in
from analyzer.messages import Message, message
from analyzer.values import Role

ANY, NONE = message("field-any"), message("field-none")


def word(text: str) -> Message:
    """A word of the vocabulary, shown as it is."""
    return message("field-word", word=text)


def roles_text(roles: tuple[Role, ...] | list[Role]) -> Message:
    return message("field-roles", roles=tuple(role.value for role in roles))


def side_roles(masks: Integers, flow: int) -> Message:
    """The roles of one end of a flow."""
    return roles_text(roles_in(int(masks[flow])))
