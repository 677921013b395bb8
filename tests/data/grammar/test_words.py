"""Numbers in text and the words for a missing one are read by one rule, which Arrow's and pandas' words are part of."""

import math

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas._libs.parsers import STR_NA_VALUES

from forecasting.data.grammar.words import is_missing, read_number
from pipelines.files.readers.texts import first_wrong, to_numbers

WRITTEN = {str(None), str(pd.NA), repr(math.nan)}
MISSING = sorted({*pv.ConvertOptions().null_values, *STR_NA_VALUES, *WRITTEN, "  ", " N/a\t", "NONE"})
NUMBERS = ["1", "-1.5", "+.5", "1.", "1.e5", "2E-3", "007", " 1 ", "1e999", "inf", "-Infinity", "+INF"]
NEITHER = ["x", "1_000", "1,5", "0x10", "１", "1 2", "--1", ".", "e5", "1e", "nan(1)", "ınf", "1\n", "true", "na n"]


@pytest.mark.parametrize("text", MISSING)
def test_what_others_write_for_a_missing_number_is_missing(text):
    assert is_missing(text)
    assert math.isnan(read_number(text))


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_what_python_reads(text):
    assert not is_missing(text)
    assert read_number(text) == float(text)


@pytest.mark.parametrize("text", NEITHER)
def test_anything_else_is_refused(text):
    assert not is_missing(text)
    with pytest.raises(ValueError, match="neither"):
        read_number(text)


def test_a_whole_column_is_read_as_its_cells_are():
    column = pa.chunked_array([[*NUMBERS, *MISSING]])
    wanted = [None if is_missing(text) else float(text) for text in (*NUMBERS, *MISSING)]
    assert to_numbers(column, ".").to_pylist() == wanted


@pytest.mark.parametrize("text", NEITHER)
def test_the_first_cell_of_a_column_that_is_no_number_is_named(text):
    column = pa.chunked_array([["1", "NA", text, "x"]])
    with pytest.raises(ValueError, match="no number"):
        to_numbers(column, ".")
    assert first_wrong(column, ".") == 2


@given(st.text(st.sampled_from("0123456789.,+-eEinfINFna \t#/<>_x"), max_size=8))
def test_a_cell_means_the_same_alone_and_in_a_column(text):
    try:
        number = read_number(text)
    except ValueError:
        with pytest.raises(ValueError, match="no number"):
            to_numbers(pa.chunked_array([[text]]), ".")
        assert first_wrong(pa.chunked_array([[text]]), ".") == 0
        return
    found = to_numbers(pa.chunked_array([[text]]), ".")[0].as_py()
    assert found == (None if math.isnan(number) else number)


def test_a_decimal_comma_leaves_no_place_for_a_point():
    assert to_numbers(pa.chunked_array([["1,5", "NA", "-,5"]]), ",").to_pylist() == [1.5, None, -0.5]
    with pytest.raises(ValueError, match="a point"):
        to_numbers(pa.chunked_array([["1,5", "1.5"]]), ",")
    assert first_wrong(pa.chunked_array([["1,5", "1.5"]]), ",") == 1
