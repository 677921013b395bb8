"""Static covariates at the border: aligned by id, never by position, and every mistake with its place."""

import logging

import numpy as np
import pytest

from forecasting.data.checks.audit import fix
from forecasting.data.kinds import kinds_of
from forecasting.data.origins import Origins
from forecasting.data.panel import Panel
from forecasting.data.statics import encode_statics
from forecasting.errors import PanelError
from tests.conftest import make_frame

pytestmark = pytest.mark.fast

STATICS = ("size", "kind")


@pytest.fixture
def frame():
    frame = make_frame(series=3, rows=20)
    number = frame["unique_id"].map({name: n for n, name in enumerate(sorted(frame["unique_id"].unique()))})
    return frame.assign(size=10.0 * number, kind=number.map({0: "shop", 1: "depot", 2: "shop"}))


def test_values_go_with_their_series_whatever_the_order_of_rows(frame):
    panel = Panel.from_frame(frame.sample(frac=1, random_state=0), statics=STATICS)
    np.testing.assert_array_equal(panel.statics["size"], [0, 10, 20])
    assert list(panel.statics["kind"]) == ["shop", "depot", "shop"]


def test_parts_of_a_panel_keep_the_values_of_their_series(frame):
    panel = Panel.from_frame(frame, statics=STATICS)
    part = panel.select([2, 1])
    np.testing.assert_array_equal(part.statics["size"], [20, 10])
    windows = panel.windows(Origins(np.array([1, 1, 0]), np.array([9, 5, 9])), 4)
    np.testing.assert_array_equal(windows.statics["size"], [10, 10, 0])


def test_a_frame_without_ids_is_one_series(frame):
    one = frame[frame["unique_id"] == frame["unique_id"].iloc[0]].drop(columns="unique_id")
    assert Panel.from_frame(one, statics=("size",)).statics["size"].tolist() == [0.0]


def test_other_values_make_another_fingerprint(frame):
    plain, other = (Panel.from_frame(one, statics=STATICS) for one in (frame, frame.assign(size=frame["size"] + 1)))
    assert plain.fingerprint() != other.fingerprint()
    assert plain.fingerprint() == plain.select([2, 0, 1]).fingerprint()


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda f: f.drop(columns="kind"), "missing_column"),
        (lambda f: f.assign(size=f["size"].mask(f.index == 25)), "static_missing"),
        (lambda f: f.assign(size=f["size"].where(f.index != 25, 99.0)), "static_varies"),
        (lambda f: f.assign(kind=f["kind"].where(f.index != 25, "other")), "static_varies"),
        (lambda f: f.assign(size=np.inf), "static_infinite"),
        (lambda f: f.assign(kind=f["kind"].astype("string").mask(f.index == 25)), "static_missing"),
        (lambda f: f.assign(kind=f["kind"].mask(f["unique_id"] == "s1", "")), "static_missing"),
    ],
)
def test_what_means_nothing_is_refused_with_series_and_row(frame, break_it, code):
    broken = break_it(frame.reset_index(drop=True))
    with pytest.raises(PanelError) as caught:
        Panel.from_frame(broken, statics=STATICS)
    assert caught.value.code == code
    if code in ("static_missing", "static_varies"):
        assert caught.value.series == str(broken["unique_id"].iloc[25])
        assert caught.value.row is not None


def test_codes_are_numbers_and_the_places_of_categories(frame):
    panel = Panel.from_frame(frame, statics=STATICS)
    kinds = kinds_of(panel.statics)
    assert kinds == (("size", ()), ("kind", ("depot", "shop")))
    np.testing.assert_array_equal(encode_statics(panel.statics, kinds, panel.ids), [[0, 2], [10, 1], [20, 2]])


def test_a_category_not_seen_in_training_is_unknown_and_said(frame, caplog):
    panel = Panel.from_frame(frame.assign(kind="kiosk"), statics=STATICS)
    with caplog.at_level(logging.WARNING):
        codes = encode_statics(panel.statics, (("kind", ("depot", "shop")),), panel.ids)
    np.testing.assert_array_equal(codes, np.zeros((3, 1)))
    assert "'kiosk'" in caplog.text


def test_a_number_where_a_category_belongs_is_refused(frame):
    panel = Panel.from_frame(frame, statics=STATICS)
    for kinds in ((("size", ("a",)),), (("kind", ()),)):
        with pytest.raises(PanelError, match="must be a"):
            encode_statics(panel.statics, kinds, panel.ids)
    with pytest.raises(PanelError, match="needs the static covariate 'area'"):
        encode_statics(panel.statics, (("area", ()),), panel.ids)


WRITTEN = [
    ("truth values", lambda flags: flags.astype(bool), (0, 1)),
    ("truth values among objects", lambda flags: flags.astype(bool).astype(object), (0, 1)),
    ("nullable truth values", lambda flags: flags.astype("boolean"), (0, 1)),
    ("integers among objects", lambda flags: (3 * flags).astype(object), (0, 3)),
    ("a categorical of numbers", lambda flags: (3 * flags).astype("category"), (0, 3)),
    ("texts", lambda flags: flags.map({0: "closed", 1: "open"}), ("closed", "open")),
    (
        "a categorical of texts",
        lambda flags: flags.map({0: "closed", 1: "open"}).astype("category"),
        ("closed", "open"),
    ),
]


@pytest.mark.parametrize(("write", "values"), [one[1:] for one in WRITTEN], ids=[one[0] for one in WRITTEN])
def test_a_column_is_of_the_same_kind_as_a_static_and_as_a_known_covariate(frame, write, values):
    flags = frame["unique_id"].map({"s0": 0, "s1": 1, "s2": 0})
    panel = Panel.from_frame(frame.assign(open=write(flags)), statics=("open",))
    known = Panel.from_frame(frame.assign(open=write(flags)), known=("open",)).covariates.known["open"]
    assert panel.statics["open"].dtype == known.dtype
    assert panel.statics["open"].tolist() == [values[0], values[1], values[0]]
    assert panel.statics["open"].tolist() == known[panel.offsets[:-1]].tolist()


@pytest.mark.parametrize(
    ("values", "categories", "codes"),
    [
        ([1.0, 0.0, 1.0], ("False", "True"), [2, 1, 2]),
        ([1.0, 0.0, 1.0], ("True",), [1, 0, 1]),
        ([3.0, -7.0, 4.0], ("-7", "3"), [2, 1, 0]),
    ],
)
def test_models_that_know_truth_values_and_whole_numbers_as_categories_still_read_them(
    frame, values, categories, codes
):
    panel = Panel.from_frame(frame).with_statics({"open": np.array(values)})
    found = encode_statics(panel.statics, (("open", categories),), panel.ids)
    np.testing.assert_array_equal(found[:, 0], codes)


@pytest.mark.parametrize(
    ("values", "categories"), [([0.5, 0, 1], ("False", "True")), ([2, 0, 1], ("True",)), ([1, 2, 3], ("01", "02"))]
)
def test_other_numbers_are_still_no_categories(frame, values, categories):
    panel = Panel.from_frame(frame).with_statics({"open": np.array(values, float)})
    with pytest.raises(PanelError, match="must be a category"):
        encode_statics(panel.statics, (("open", categories),), panel.ids)


def test_rows_that_a_repair_inserts_lack_no_static(frame):
    frame = frame.assign(open=frame["unique_id"] == "s1")
    expected = Panel.from_frame(frame, statics=(*STATICS, "open"))
    fixed, changes = fix(frame.drop(frame.index[[3, 4, 30]]))
    assert [one["rows"] for one in changes] == [3]
    assert fixed["kind"].isna().sum() == 3
    panel = Panel.from_frame(fixed, statics=(*STATICS, "open"))
    for name, values in expected.statics.items():
        assert panel.statics[name].tolist() == values.tolist()


def test_a_static_that_is_missing_beside_a_y_or_everywhere_is_refused(frame):
    gap = frame.reset_index(drop=True)
    gap.loc[[3, 4], ["y", "kind"]] = None
    Panel.from_frame(gap, statics=STATICS)
    Panel.from_frame(gap.iloc[::-1], statics=STATICS)
    gap.loc[4, "y"] = 1.0
    with pytest.raises(PanelError, match=r"series 's0' is missing \(row 4\)"):
        Panel.from_frame(gap, statics=STATICS)
    nothing = frame.assign(
        y=frame["y"].mask(frame["unique_id"] == "s2"), kind=frame["kind"].mask(frame["unique_id"] == "s2")
    )
    with pytest.raises(PanelError, match="series 's2' is missing"):
        Panel.from_frame(nothing, statics=STATICS)
