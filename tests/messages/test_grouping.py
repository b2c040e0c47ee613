"""Messages of many flows: each flow gets its own messages, and flows with equal messages share a group."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.messages import FlowColumn, Message, as_data, columns_in, from_data, message
from analyzer.messages.grouping import CodedValues, MessageColumn, SingleFlows, group_messages

FLOWS = 12
TEXTS: list[Any] = ["a", "b", "a", FlowColumn("orig_h"), message("inner", count=1), ("x", "y")]


@st.composite
def columns(draw: st.DrawFn) -> MessageColumn | SingleFlows:
    flows = np.array(sorted(draw(st.sets(st.integers(0, FLOWS - 1)))), dtype=np.int64)
    if draw(st.booleans()):
        return SingleFlows(
            {
                flow: tuple(
                    message("single", number=number) for number in draw(st.lists(st.integers(0, 2), max_size=2))
                )
                for flow in flows.tolist()
            }
        )
    numbers = np.array(draw(st.lists(st.integers(-1, 2), min_size=len(flows), max_size=len(flows))), dtype=np.int64)
    codes = np.array(draw(st.lists(st.integers(0, 5), min_size=len(flows), max_size=len(flows))), dtype=np.int64)
    values: dict[str, Any] = {"number": numbers, "text": CodedValues(TEXTS, codes), "same": 7}
    chosen = draw(st.sets(st.sampled_from(sorted(values))))
    code = draw(st.sampled_from(["one", "two"]))
    if draw(st.booleans()):
        mask = np.zeros(FLOWS, dtype=bool)
        mask[flows] = True
        return MessageColumn(code, mask, {name: values[name] for name in chosen})
    return MessageColumn(code, flows, {name: values[name] for name in chosen})


def messages_of(flow: int, column: MessageColumn | SingleFlows) -> tuple[Message, ...]:
    """What one flow gets of a column, by itself."""
    if isinstance(column, SingleFlows):
        return column.messages.get(flow, ())
    flows = (np.flatnonzero(column.flows) if column.flows.dtype == bool else column.flows).tolist()
    if flow not in flows:
        return ()
    place = flows.index(flow)
    found: dict[str, Any] = {}
    for name, value in column.values.items():
        if isinstance(value, CodedValues):
            found[name] = value.values[int(value.codes[place])]
        else:
            found[name] = int(value[place]) if isinstance(value, np.ndarray) else value
    return (message(column.code, **found),)


@given(st.lists(columns(), max_size=5))
def test_each_flow_gets_its_own_messages_in_order(made: list[MessageColumn | SingleFlows]) -> None:
    found = group_messages(FLOWS, made)
    for flow in range(FLOWS):
        own = tuple(one for column in made for one in messages_of(flow, column))
        assert found.groups[found.codes[flow]] == own


@given(st.lists(columns(), max_size=5))
def test_groups_are_different_and_in_the_order_of_their_first_flows(made: list[MessageColumn | SingleFlows]) -> None:
    found = group_messages(FLOWS, made)
    assert len(set(found.groups)) == len(found.groups)
    assert list(dict.fromkeys(found.codes.tolist())) == list(range(len(found.groups)))


def test_no_flows_have_no_groups() -> None:
    found = group_messages(0, [MessageColumn("one", np.zeros(0, dtype=bool))])
    assert (found.groups, found.codes.tolist()) == ((), [])


def test_flows_that_differ_only_in_a_column_of_the_table_share_a_group() -> None:
    found = group_messages(3, [MessageColumn("one", np.ones(3, dtype=bool), {"host": FlowColumn("orig_h")})])
    assert found.groups == ((message("one", host=FlowColumn("orig_h")),),)


VALUES: Any = st.recursive(
    st.text() | st.integers() | st.sampled_from([FlowColumn("orig_h")]),
    lambda inner: (
        st.lists(inner).map(tuple)
        | st.dictionaries(st.text(min_size=1), inner).map(lambda values: Message("code", tuple(sorted(values.items()))))
    ),
    max_leaves=8,
)


@given(VALUES)
def test_values_come_back_from_json_as_they_were(value: Any) -> None:
    assert from_data(as_data(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        None,
        True,
        1.5,
        {"column": 3},
        {"column": "orig_h", "more": 1},
        {"code": "one"},
        {"code": "one", "values": []},
        {"code": 1, "values": {}},
        {"code": "one", "values": {"a": None}},
    ],
)
def test_other_data_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="not a value of a message"):
        from_data(data)


def test_columns_are_found_inside_values() -> None:
    one = message("outer", host=FlowColumn("resp_h"), parts=(message("inner", host=FlowColumn("orig_h")), "text", 1))
    assert sorted(columns_in(one)) == ["orig_h", "resp_h"]
