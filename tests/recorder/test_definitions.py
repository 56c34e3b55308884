"""Flow definitions, line by line."""

from attrs import evolve
from hypothesis import given

from privacylib.model import Flow
from privacylib.recorder.definitions.flowtext import flow_text
from privacylib.recorder.definitions.numbered import definition_line, parse_line
from tests.strategies import flows


@given(flows)
def test_a_flow_is_read_as_it_was_written(flow: Flow) -> None:
    assert parse_line(definition_line(7, flow_text(flow))[:-1]) == (7, flow)


@given(flows)
def test_equal_sources_of_many_flows_are_one_object(flow: Flow) -> None:
    lines = [definition_line(number, flow_text(evolve(flow, site=f"m:f{number}")))[:-1] for number in (1, 2)]
    one, two = (parsed[1] for line in lines if (parsed := parse_line(line)))
    assert all(mine is others for mine, others in zip(one.sources, two.sources, strict=True))
