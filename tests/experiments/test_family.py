"""The table of the family: rows made from the catalogs, every one a model that can be built."""

import pytest

from forecasting.experiments import family
from forecasting.layers.attention import ATTENTIONS
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.encoders import STACKS
from forecasting.layers.recurrent import CELLS
from forecasting.layers.residuals import NO_RESIDUAL, RESIDUALS
from tests.conftest import make_frame

MEMBERS = list(family.members())


def test_every_member_of_every_catalog_has_a_row():
    configs = [dict(member.config) for member in MEMBERS]
    assert {config.get("cell") for config in configs} >= set(CELLS.names())
    assert {config.get("stack", "plain") for config in configs} == set(STACKS.names())
    assert {config.get("decoding", "mimo") for config in configs} == set(DECODINGS.names())
    assert {config.get("attention", "none") for config in configs} == set(ATTENTIONS.names())
    assert {config.get("residual", NO_RESIDUAL) for config in configs} == {NO_RESIDUAL, *RESIDUALS.names()}
    perceptrons = [dict(member.config) for member in MEMBERS if member.model == "ff-ar"]
    assert {config.get("decoding", "mimo") for config in perceptrons} == set(DECODINGS.names())


def test_names_are_unique():
    assert len({member.name for member in MEMBERS}) == len(MEMBERS)


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_every_row_is_a_model_that_exists(member):
    spec = member.spec(family.FULL)
    assert spec.head == "point"
    assert spec.alias == member.name


def test_a_row_is_scored_on_a_frame_of_ones_own(monkeypatch):
    monkeypatch.setattr(family, "members", lambda: iter([MEMBERS[0], next(m for m in MEMBERS if m.kind == "cell")]))
    result = family.run(quick=True, frame=make_frame(rows=150), horizon=6)
    naive, cell = result.rows
    assert naive["parameters"] == 0
    assert cell["parameters"] > 0
    assert all(row["mase"] > 0 for row in result.rows)
    assert set(result.figures) == {"mase"}
