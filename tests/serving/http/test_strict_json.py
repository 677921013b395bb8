"""A key that is there twice is found, wherever it is and however it is written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.http.problems import Problem
from serving.http.strict_json import parse_json

pytestmark = pytest.mark.fast

texts = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(['"', '\\"', '":', "\\", "a", "b", "ds"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
styles = st.sampled_from([{}, {"indent": 1}, {"separators": (" ,\n", " :\t")}, {"ensure_ascii": False}])
quick = settings(max_examples=50, deadline=None, derandomize=True)


@quick
@given(values, styles)
def test_json_comes_back_as_it_was(value, style):
    assert parse_json(json.dumps(value, **style).encode()) == value


@quick
@given(st.dictionaries(texts, values, min_size=1, max_size=4), values, styles)
def test_a_key_twice_is_always_found(value, other, style):
    text = json.dumps(value, **style)
    twice = json.dumps({next(iter(value)): other}, **style)
    joined = text[: text.rindex("}")] + "," + twice[twice.index("{") + 1 :]
    with pytest.raises(Problem) as caught:
        parse_json(f"[1, {joined}]".encode())
    assert caught.value.code == "duplicate_key"
