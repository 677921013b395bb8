"""Symbol series from frame to answer: alphabets, every decoding, probabilities, roll-outs, backtests."""

import itertools

import numpy as np
import pandas as pd
import pytest

from forecasting import Forecaster, ModelSpec, Task, Training, leaderboard
from forecasting.data.checks.symbols import alphabet_of
from forecasting.data.panel import Panel
from forecasting.errors import ConfigError, PanelError, RequestError
from forecasting.layers.decoders import DECODINGS
from forecasting.network.build import build_network
from tests.conftest import BRIEF, QUICK, symbol_frame

H, L = 4, 12
SMALL = {"units": 8, "context_length": L, "head": "categorical", "training": Training(**BRIEF)}
MODELS = [("gru", {"decoding": name}) for name in DECODINGS.names()] + [
    ("gru", {"decoding": "recursive", "forcing": "teacher"}),
    ("gru", {"decoding": "recursive", "segment": 3}),
    ("gru", {"decoding": "seq2seq", "forcing": "linear", "attention": "additive", "segment": 3}),
    ("ff-ar", {"decoding": "mimo"}),
    ("recurrent", {"stack": "bidirectional", "layers": 2}),
    ("recurrent", {"stack": "dilated", "layers": 2, "decoding": "recursive"}),
]


def forecaster(model="gru", **choices):
    return Forecaster(model, H, **{**SMALL, **choices})


@pytest.fixture(scope="module")
def frame():
    return symbol_frame()


@pytest.fixture(scope="module")
def recursive(frame):
    return forecaster(decoding="recursive", forcing="teacher", training=Training(**{**QUICK, "steps": 60})).fit(frame)


def untrained(model="gru", **choices):
    """Return the network with its first random weights: enough for what must hold whatever was learnt."""
    spec = ModelSpec.of(model, {"units": 8, **choices}, head="categorical")
    return build_network(spec, Task(H, L, "h", (1,), (), ("hour_sin",), symbols=("a", "b", "c")), seed=1)


def windows(context):
    return np.array([context], "float64"), np.ones((1, L + H, 1), "float32")


@pytest.mark.parametrize(("model", "choices"), MODELS, ids=lambda value: str(value))
def test_every_decoding_gives_probabilities_that_the_past_and_its_gaps_decide(model, choices):
    network = untrained(model, **choices)
    context = np.arange(L) % 3.0
    gap, first = np.r_[context[:-1], np.nan], np.r_[context[:-1], 0]
    found = [np.asarray(network(*windows(one))) for one in (context, gap, first)]
    np.testing.assert_allclose([one.sum(axis=2) for one in found], 1, rtol=1e-5)
    for one, other in itertools.combinations(found, 2):
        assert not np.allclose(one, other)  # a missing symbol is none of the others
    target = np.array([[0.0, 2.0, np.nan, 1.0]])
    losses = [float(network.training_loss(*windows(one), target, None, 0.5)) for one in (context, np.zeros(L))]
    assert min(losses) > 0.5  # windows whose context is constant count too
    assert max(losses) < 3


def test_a_saved_model_of_symbols_answers_as_before(recursive, frame, tmp_path):
    loaded = Forecaster.load(recursive.save(tmp_path / "model"))
    assert loaded.predictor.task.symbols == ("a", "b", "c")
    before, after = recursive.predict(probabilities=True), loaded.predict(frame, probabilities=True)
    pd.testing.assert_frame_equal(after, before)
    shares = before[[f"gru-p-{symbol}" for symbol in "abc"]].to_numpy()
    assert list(before["gru"]) == list(np.array(["a", "b", "c"])[shares.argmax(axis=1)])


@pytest.mark.parametrize(
    ("y", "symbols"),
    [
        (["b", "a", None, "b"], {"a": [1], "b": [0, 3]}),
        ([10, 2, 2, 10], {"2": [1, 2], "10": [0, 3]}),
        ([1.0, np.nan, 0.0, 1.0], {"0": [2], "1": [0, 3]}),
        ([True, False, True, True], {"False": [1], "True": [0, 2, 3]}),
        (pd.Categorical(["x", "y", None, "x"], categories=["y", "x", "z"]), {"x": [0, 3], "y": [1]}),
        (pd.array([3, None, 1, 3], "Int64"), {"1": [2], "3": [0, 3]}),
        (["", "b", "", "a"], {"a": [3], "b": [1]}),
    ],
    ids=["text", "integers", "whole floats", "truth values", "categories", "nullable", "empty text"],
)
def test_a_target_of_any_kind_becomes_codes_of_a_sorted_alphabet(y, symbols):
    frame = pd.DataFrame({"ds": pd.date_range("2024", periods=4, freq="D"), "y": y})
    assert alphabet_of(frame) == tuple(symbols)
    panel = Panel.from_frame(frame, symbols=tuple(symbols))
    expected = np.full(4, np.nan)
    for code, rows in enumerate(symbols.values()):
        expected[rows] = code
    np.testing.assert_array_equal(panel.y, expected)
    assert panel.tail(2).symbols == panel.select(np.array([0])).symbols == tuple(symbols)


@pytest.mark.parametrize(
    ("y", "code", "message"),
    [
        ([0.5, 1, 2, 3], "y_dtype", "must hold symbols. Got '0.5' in row 0"),
        ([[1], [2], [3], [4]], "y_dtype", "must hold symbols"),
        ([None, None, None, None], "symbol_count", "0 different symbols"),
        (np.arange(4), "symbol_count", None),
    ],
)
def test_what_holds_no_symbols_is_refused(y, code, message):
    rows = {"ds": pd.date_range("2024", periods=4, freq="D"), "y": y}
    if message is None:
        rows = {"ds": np.arange(300), "y": np.arange(300)}
        message = "300 different symbols; 2 to 256 can be forecast"
    with pytest.raises(PanelError, match=message) as caught:
        forecaster().fit(pd.DataFrame(rows))
    assert caught.value.code == code
    assert caught.value.field == "y"


def test_an_unknown_symbol_names_series_row_symbol_and_those_that_are_known(recursive, frame):
    odd = frame.copy()
    odd.loc[30, "y"] = "zebra"
    with pytest.raises(PanelError, match=r"row 30 \(series 's0'\): 'zebra'. Known: 'a', 'b', 'c'") as caught:
        recursive.predict(odd)
    assert (caught.value.code, caught.value.series, caught.value.row) == ("symbol_unknown", "s0", 30)


def test_a_fit_on_other_data_learns_its_alphabet(frame):
    fitted = forecaster().fit(frame).fit(frame.assign(y=frame["y"].str.upper()))
    assert fitted.predictor.task.symbols == ("A", "B", "C")


def test_text_without_a_categorical_head_says_which_head_takes_it(frame):
    with pytest.raises(PanelError, match="head='categorical'"):
        Forecaster("gru", H).fit(frame)


def test_a_panel_of_the_other_kind_is_refused(frame, trained):
    panel = Panel.from_frame(frame, symbols=("a", "b", "c"))
    with pytest.raises(PanelError, match="holds symbols, and head 'quantiles' takes numbers"):
        Forecaster("gru", H).fit_panel(panel)
    with pytest.raises(PanelError, match="holds numbers, and head 'categorical' takes symbols"):
        forecaster().fit_panel(Panel.from_frame(frame.assign(y=1.0)))
    with pytest.raises(PanelError, match="The panel holds the symbols 'a', 'b', 'c', the model forecasts numbers"):
        trained.predictor.predict_panel(panel)


@pytest.mark.parametrize("model", ["naive", "ar"])
def test_models_without_probabilities_refuse_symbols(model):
    with pytest.raises(ConfigError, match="does not fit"):
        Forecaster(model, H, head="categorical")


def test_symbols_are_never_scaled():
    assert forecaster().spec.scaling == forecaster(scaling="none").spec.scaling == "none"
    with pytest.raises(ConfigError, match="`scaling` must be 'none'"):
        forecaster(scaling="standard")


@pytest.mark.parametrize("asked", [{"level": [80]}, {"quantile_levels": [0.5]}])
def test_symbols_have_no_quantiles(recursive, asked):
    with pytest.raises(RequestError, match="gives symbols and has no quantiles"):
        recursive.predict(**asked)


def test_numbers_have_no_probabilities(trained):
    with pytest.raises(RequestError, match="numbers, which have no probabilities"):
        trained.predict(probabilities=True)


@pytest.mark.filterwarnings("ignore:Horizon")
def test_a_longer_horizon_is_rolled_out_from_the_forecast_symbols(recursive, frame):
    long = recursive.predict(horizon=2 * H)
    short = recursive.predict()
    for name, part in long.groupby("unique_id"):
        own = frame[frame["unique_id"] == name]
        first = short[short["unique_id"] == name]
        assert list(part["gru"][:H]) == list(first["gru"])
        observed = pd.concat([own, first.rename(columns={"gru": "y"})[["unique_id", "ds", "y"]]], ignore_index=True)
        assert list(part["gru"][H:]) == list(recursive.predict(observed)["gru"])


def test_roll_outs_have_a_row_per_series_sample_and_step(recursive, frame):
    found = recursive.sample(horizon=6, n=3, seed=5)
    assert list(found.columns) == ["unique_id", "ds", "sample", "y"]
    assert len(found) == 2 * 3 * 6
    assert set(found["y"]) <= {"a", "b", "c"}
    expected = recursive.predict()
    for (name, _), part in found.groupby(["unique_id", "sample"]):
        assert list(part["ds"][:H]) == list(expected.loc[expected["unique_id"] == name, "ds"])
    pd.testing.assert_frame_equal(found, recursive.sample(frame, 6, n=3, seed=5))
    assert not found["y"].equals(recursive.sample(horizon=6, n=3, seed=6)["y"])


@pytest.mark.parametrize("choices", [{"temperature": 0.0}, {"top_k": 1}])
def test_without_chance_a_roll_out_is_the_forecast(recursive, choices):
    found = recursive.sample(n=2, **choices).query("sample == 1")
    assert list(found["y"]) == list(recursive.predict()["gru"])


def test_roll_outs_are_drawn_step_by_step_from_the_probabilities(recursive, frame):
    """The share of each pair of symbols is p(first) p(second | first): the first one drawn is read as observed."""
    own = frame[frame["unique_id"] == "s0"]
    n = 4000
    drawn = recursive.sample(own, 2, n=n)["y"].to_numpy().reshape(n, 2)
    first = recursive.predict(own, probabilities=True).iloc[0]
    ds = own["ds"].iloc[-1] + pd.Timedelta(hours=1)
    for one in "abc":
        longer = pd.concat([own, pd.DataFrame({"unique_id": ["s0"], "ds": [ds], "y": [one]})], ignore_index=True)
        second = recursive.predict(longer, probabilities=True).iloc[0]
        for other in "abc":
            expected = first[f"gru-p-{one}"] * second[f"gru-p-{other}"]
            share = np.mean((drawn[:, 0] == one) & (drawn[:, 1] == other))
            assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 0.005


def test_only_recursive_models_of_symbols_are_rolled_out(frame, trained):
    for one in (forecaster().fit(frame), trained):
        with pytest.raises(ConfigError, match="decoding='recursive'"):
            one.sample()


@pytest.mark.parametrize("draw", [{"n": 0}, {"temperature": -1.0}, {"top_k": 0}, {"seed": -1}, {"seed": 2**63}])
def test_a_draw_that_means_nothing_is_refused(recursive, draw):
    with pytest.raises(RequestError, match=f"`{next(iter(draw))}` must be"):
        recursive.sample(**draw)


def test_a_backtest_shows_what_happened_and_the_probability_it_was_given(frame):
    found = forecaster().backtest(frame, windows=3)
    assert list(found.columns) == ["unique_id", "ds", "cutoff", "y", "gru", "gru-p"]
    merged = found.merge(frame, on=["unique_id", "ds"], suffixes=("", "_true"))
    assert list(merged["y"]) == list(merged["y_true"])
    assert found["gru-p"].between(0, 1).all()
    backtest = forecaster().backtest_panel(Panel.from_frame(frame, symbols=("a", "b", "c")), windows=3)
    metrics = backtest.metrics()
    assert set(metrics) == {"perplexity", "accuracy"}
    np.testing.assert_allclose(metrics["accuracy"], np.mean(found["gru"] == found["y"]))
    np.testing.assert_allclose(metrics["perplexity"], np.exp(-np.log(found["gru-p"]).mean()))


def test_models_of_symbols_are_ranked_by_perplexity(frame):
    candidates = [
        forecaster(alias="slow", training=Training(**QUICK, learning_rate=1e-9)),
        forecaster(training=Training(**QUICK)),
    ]
    entries = leaderboard.compete(candidates, Panel.from_frame(frame, symbols=("a", "b", "c")), windows=5)
    assert [entry.name for entry in entries] == ["gru", "slow"]
    table = leaderboard.to_frame(entries)
    assert table["perplexity"].is_monotonic_increasing


def test_a_network_remembers_what_a_few_hidden_states_cannot():
    """The symbol three steps ago decides: 3^3 states would say all of it, a small GRU finds it."""
    frame = symbol_frame(rows=1000)
    frame["ds"] = frame.groupby("unique_id").cumcount()
    training = Training(steps=200, validate_every=50, batch_size=64, learning_rate=2e-2)
    candidates = [
        Forecaster("gru", 1, head="categorical", context_length=L, units=16, training=training),
        Forecaster("hmm", 1, head="categorical", context_length=L, restarts=2),
    ]
    panel = Panel.from_frame(frame, symbols=("a", "b", "c"))
    gru, hmm = leaderboard.compete(candidates, panel, windows=100, step=2)
    assert (gru.name, hmm.name) == ("gru", "hmm")
    # nine of ten symbols follow the rule and one in ten is drawn: no model can be below 1.34, chance is 3
    assert gru.metrics["perplexity"] < 1.65
    assert hmm.metrics["perplexity"] > 2.1
