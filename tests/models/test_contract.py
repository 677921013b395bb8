"""The contract of every model, found by file name: a new model is checked without a change here."""

from dataclasses import fields, replace
from functools import cache, partial
from importlib import import_module
from inspect import get_annotations

import numpy as np
import pytest
import tensorflow as tf

from forecasting import Forecaster, Training
from forecasting.config.task import QUANTILE_GRID, Task
from forecasting.data.panel import Panel
from forecasting.data.time.calendar import Frequency
from forecasting.errors import ConfigError
from forecasting.heads import HEADS
from forecasting.heads.spec import HeadSpec
from forecasting.layers.attention import ATTENTIONS, NO_ATTENTION
from forecasting.layers.decoders import DECODINGS
from forecasting.layers.decoding.traits import DecodingTraits
from forecasting.layers.encoders import STACKS
from forecasting.layers.recurrent import CELLS
from forecasting.layers.residuals import RESIDUALS
from forecasting.models import MODELS
from forecasting.models.config import DecodedConfig
from forecasting.models.spec import ModelSpec
from forecasting.network.build import build_network
from forecasting.training.precision import computing_in
from tests.conftest import BRIEF, QUICK, make_frame

L, H = 32, 4
#: Small sizes for the fields that have them, so that the tests are quick.
SMALL = {"units": 8, "width": 4}


def small_spec(name, head=None, **choices):
    config = MODELS.load(name).Config
    read = {field.name for field in fields(config) if field.init}
    if hasattr(config, "forcing"):
        options = DECODINGS.traits(choices.get("decoding", config.decoding), DecodingTraits).reads
        read -= {"width", "forcing", "attention", "residual"} - set(options)
    config = {key: value for key, value in SMALL.items() if key in read} | choices
    return ModelSpec.of(name, config, head=head)


def is_free(name, field):
    """Whether a model has a config field that is the user's to choose."""
    return field in {one.name for one in fields(MODELS.load(name).Config) if one.init}


def is_read(name, field):
    """Whether a config field plays a part in some decoding that the model may have."""
    config = MODELS.load(name).Config
    if is_free(name, "decoding") or field not in {"width", "forcing", "attention", "residual"}:
        return True
    return field in DECODINGS.traits(config.decoding, DecodingTraits).reads


def all_specs():
    """Every model as it comes; decodings with and without memory; cells, stacks, attentions, heads, and drawn paths."""
    yield from (spec for spec in map(small_spec, MODELS.names()) if spec.is_built)
    yield small_spec("ensemble", members=({"spec": "ff-ar:units=8"}, {"spec": "seasonal-naive", "weight": 2}))
    yield small_spec("ar", decoding="recursive")
    for decoding in DECODINGS.names():
        yield small_spec("ff-ar", decoding=decoding)
        yield small_spec("gru", decoding=decoding, segment=2)
    modelled = {getattr(MODELS.load(name).Config, "cell", None) for name in MODELS.names()}
    yield from (small_spec("recurrent", cell=cell) for cell in CELLS.names() if cell not in modelled)
    for stack in STACKS.names():
        yield small_spec("recurrent", stack=stack, layers=2)
    for attention in sorted({*ATTENTIONS.names()} - {NO_ATTENTION}):  # without one it is the seq2seq above
        yield small_spec("recurrent", decoding="seq2seq", attention=attention, segment=2)
    for residual in RESIDUALS.names():
        yield small_spec("gru", residual=residual, segment=2)
        yield small_spec("ff-ar", "mixture-density", residual=residual, decoding="position")
    yield from (small_spec("ff-ar", head) for head in HEADS.names() if not HeadSpec(head).traits.has_symbols)
    yield small_spec("gru", "mixture-density", decoding="recursive", segment=2)
    yield small_spec("gru", "negative-binomial", decoding="recursive", segment=2)


SPECS = list(dict.fromkeys(all_specs()))
IDS = [
    "-".join(
        [spec.model, spec.head, *(str(value) for value in spec.config.to_dict().values() if isinstance(value, str))]
    )
    for spec in SPECS
]


def task_for(spec):
    levels = QUANTILE_GRID if spec.has_quantiles else ()
    return Task(H, L, "h", (24,), levels, ("hour_sin", "hour_cos"))


def are_counts(spec):
    return spec.head_spec.build(task_for(spec)).traits.is_whole


@cache
def history_for(spec):
    frame = make_frame(rows=150, missing=0.05)
    return frame.assign(y=frame["y"].round()) if are_counts(spec) else frame


def training_for(spec):
    """Return a training of all its stages for the plain perceptron, with a look at the validation for other heads.

    A head decides what an error is; for the other choices a validation is a forecast, which the contract asks for.
    """
    plain = small_spec("ff-ar")
    if spec == plain:
        return Training(**QUICK)
    is_head = spec == small_spec("ff-ar", spec.head) if spec.model == plain.model else False
    return Training(**({**QUICK, "steps": 10, "refit": False} if is_head else BRIEF))


@cache
def fitted(spec):
    """Return a forecaster that learnt a little, once per process: what is promised holds whatever was learnt."""
    training = training_for(spec)
    return Forecaster(spec, H, context_length=L, calendar=("hour",), training=training).fit(history_for(spec))


NAMES = dict(zip(SPECS, IDS, strict=True))


@pytest.fixture(scope="module", params=SPECS, ids=NAMES.get)
def predictor(request):
    return fitted(request.param).predictor


@pytest.fixture(scope="module", params=[spec for spec in SPECS if are_counts(spec)], ids=NAMES.get)
def counting(request):
    return fitted(request.param).predictor


@pytest.fixture(scope="module", params=[spec for spec in SPECS if not are_counts(spec)], ids=NAMES.get)
def scalable(request):
    """A predictor of numbers whose forecasts move and stretch with the series, as those of counts cannot."""
    return fitted(request.param).predictor


@pytest.fixture(scope="module", params=[spec for spec in SPECS if not spec.members], ids=NAMES.get)
def single(request):
    """A predictor of one model; members of an ensemble are trained one by one."""
    return fitted(request.param).predictor


def panel_of(*histories, start="2024-03-01T05:00:00"):
    ids = [f"s{number}" for number in range(len(histories))]
    return Panel.from_arrays(ids, [np.datetime64(start, "us")] * len(ids), histories, Frequency.parse("h"))


def wave(length=L, seed=0):
    rng = np.random.default_rng(seed)
    return 30 + 5 * np.sin(np.arange(length) / 4) + rng.normal(0, 1, length)


def test_the_answer_has_a_number_for_every_step_and_level(predictor):
    levels = (0.1, 0.5, 0.9) if predictor.task.quantile_levels else ()
    answer = predictor.predict_panel(panel_of(wave(), wave(seed=1)), predictor.question(quantile_levels=levels))
    assert answer.median.shape == (2, H)
    assert answer.quantiles.shape == (2, H, len(levels))
    assert np.isfinite(answer.median).all()
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize(
    "history",
    [
        np.zeros(L),
        np.full(L, 7.25),
        np.full(L, -3e12),
        np.full(L, 1e-30),
        np.r_[np.full(L - 1, np.nan), 5.0],
        np.array([4.0]),
    ],
    ids=["zeros", "constant", "large", "small", "one observed", "one row"],
)
def test_a_history_of_one_value_is_forecast_as_that_value(scalable, history):
    value = history[~np.isnan(history)][-1]
    median = scalable.predict_panel(panel_of(history)).median
    np.testing.assert_allclose(median, value, rtol=1e-9, atol=20 if value == 0 else 0)


@pytest.mark.parametrize("factor", [1e-200, 1e200, 1e-6])
def test_very_small_and_very_large_series_are_forecast_in_proportion(scalable, factor):
    plain = scalable.predict_panel(panel_of(wave())).median
    scaled = scalable.predict_panel(panel_of(wave() * factor)).median
    np.testing.assert_allclose(scaled / factor, plain, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("history", [np.zeros(L), np.full(L, 5.0), np.full(L, 1e15), np.full(L, -3.5), np.array([4.0])])
def test_counts_are_whole_numbers_from_0_on_after_any_history(counting, history):
    answer = counting.predict_panel(panel_of(history), counting.question(quantile_levels=(0.025, 0.13, 0.975)))
    found = np.concatenate([answer.median[..., None], answer.quantiles], axis=2)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, np.abs(np.round(found)))
    assert history.any() or not found.any()


def test_a_shifted_series_has_a_shifted_forecast(scalable):
    plain = scalable.predict_panel(panel_of(wave())).median
    shifted = scalable.predict_panel(panel_of(wave() + 1000)).median
    np.testing.assert_allclose(shifted - 1000, plain, atol=1e-3)


def test_a_spike_of_1e12_gives_finite_forecasts(predictor):
    history = wave()
    history[10] = 1e12
    assert np.isfinite(predictor.predict_panel(panel_of(history)).median).all()


def test_other_series_beside_it_change_nothing(predictor):
    alone = predictor.predict_panel(panel_of(wave())).median[0]
    among = predictor.predict_panel(panel_of(wave(seed=5), wave(), wave(30, seed=6))).median[1]
    np.testing.assert_allclose(among, alone, rtol=1e-5)


def test_rows_older_than_the_context_change_nothing(predictor):
    history = wave(3 * L)
    late = str(np.datetime64("2024-03-01T05:00:00") + np.timedelta64(2 * L, "h"))
    longer = predictor.predict_panel(panel_of(history)).median
    np.testing.assert_array_equal(longer, predictor.predict_panel(panel_of(history[-L:], start=late)).median)


def test_missing_rows_before_a_short_series_change_nothing(predictor):
    history = wave(20)
    padded = np.r_[np.full(9, np.nan), history]
    earlier = str(np.datetime64("2024-03-01T05:00:00") - np.timedelta64(9, "h"))
    short = predictor.predict_panel(panel_of(history)).median
    known_before = predictor.predict_panel(panel_of(padded, start=earlier)).median
    specs = predictor.spec, *(member.spec for member in predictor.spec.members)
    if all(spec.config.learner != "gradient" for spec in specs):
        np.testing.assert_allclose(known_before, short)
    assert np.isfinite(short).all()


def test_a_shorter_horizon_is_a_prefix(predictor):
    long = predictor.predict_panel(panel_of(wave()), predictor.question(H)).median
    np.testing.assert_array_equal(predictor.predict_panel(panel_of(wave()), predictor.question(3)).median, long[:, :3])


@pytest.mark.parametrize("spec", SPECS, ids=NAMES.get)
def test_training_saving_and_loading_give_the_same_forecast(spec, tmp_path):
    forecaster = fitted(spec)
    before = forecaster.predict()
    after = Forecaster.load(forecaster.save(tmp_path / "model")).predict(history_for(spec))
    np.testing.assert_allclose(after[spec.alias], before[spec.alias], rtol=1e-6)
    assert np.isfinite(before[spec.alias]).all()


@pytest.mark.parametrize("name", MODELS.names())
def test_a_config_survives_its_dictionary_form_and_refuses_unknown_fields(name):
    spec = small_spec(name)
    assert ModelSpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(ConfigError, match="Unknown field 'colour'"):
        ModelSpec.of(name, {"colour": 1})


#: A value other than the small one for every field a model config may have.
OTHER = {
    "units": 5, "layers": 4, "width": 3, "segment": 2, "cell": "lstm", "decoding": "recursive", "dropout": 0.5,
    "period": 4, "ridge": 10.0, "forcing": "teacher", "attention": "multiplicative", "stack": "dilated",
    "states": 3, "restarts": 1, "rescale": False, "members": ("naive",), "residual": "smoothing",
}  # fmt: skip

#: What else must be chosen for a field to play a part.
BESIDE = {
    "rescale": {"decoding": "recursive"},
    "dropout": {"layers": 2},
    "stack": {"layers": 2},
    "forcing": {"decoding": "seq2seq", "segment": 4},
    "attention": {"decoding": "seq2seq"},
}


def pinned(name):
    """Return the config fields that a model fixes."""
    return {field.name for field in fields(MODELS.load(name).Config) if not field.init}


def builds_itself(name):
    """Whether a model has a network of its own, or none; the others are that of another model, some fields fixed."""
    model = MODELS.load(name)
    return not hasattr(model, "build") or model.build.__module__ == model.__name__


def is_another_cell(name):
    """Whether a model is the network of another one with a cell of its own, and declares nothing else.

    A cell is told its width alone, of which `tests/layers/test_recurrent.py` has the contract; all other fields go to
    what is around it, the same for every cell.
    """
    return not builds_itself(name) and set(get_annotations(MODELS.load(name).Config)) == pinned(name) == {"cell"}


BUILT = [name for name in MODELS.names() if small_spec(name).is_built]
CELL_MODELS = [name for name in BUILT if is_another_cell(name)]


@pytest.mark.parametrize("name", CELL_MODELS)
def test_a_model_of_another_cell_is_built_as_the_model_that_takes_every_cell(name):
    model, shared = MODELS.load(name), import_module(MODELS.load(name).build.__module__)
    assert model.build is shared.build
    assert model.Config.__base__ is shared.Config
    assert {name for name in vars(model.Config) if not name.startswith("__")} == {"cell"}, "it overrides nothing else"
    name_of_shared = shared.__name__.rpartition(".")[2]
    assert name_of_shared in BUILT
    assert is_free(name_of_shared, "cell"), "there every field is tried"
    assert name_of_shared not in CELL_MODELS
    with pytest.raises(ConfigError, match="cell"):
        ModelSpec.of(name, {"cell": shared.Config().cell})


#: Fields that no encoder is told of.
AROUND = set(get_annotations(DecodedConfig)) - {"dropout"}


def tried(name):
    """Return the free fields of a model that play a part; of one with another encoder alone, those an encoder reads."""
    free = [field.name for field in fields(MODELS.load(name).Config) if field.init]
    if not builds_itself(name) and not pinned(name) & AROUND:
        free = [field for field in free if field not in AROUND]
    return filter(partial(is_read, name), free)


@pytest.mark.parametrize("name", [name for name in BUILT if name not in CELL_MODELS])
def test_every_config_field_changes_something(name):
    @cache
    def without_it(beside):
        return answer_of(small_spec(name, **dict(beside)))

    idle = []
    for field in tried(name):
        beside = {key: value for key, value in BESIDE.get(field, {}).items() if is_free(name, key)}
        other = answer_of(small_spec(name, **beside, **{field: OTHER[field]}))
        if np.array_equal(without_it(tuple(beside.items())), other):
            idle.append(field)
    assert not idle, f"{name}: {', '.join(idle)} change nothing"


def answer_of(spec):
    """Return the loss that the first weights have while training, or what the closed form makes of a series."""
    context, horizon = 16, 4
    if spec.config.learner in ("least-squares", "expectation-maximisation", "members"):
        forecaster = Forecaster(spec, horizon, context_length=context, season=8)
        return forecaster.fit(make_frame(rows=60, season=8)).predict()[spec.alias].to_numpy()
    network = build_network(spec, replace(task_for(spec), context_length=context, horizon=horizon, season=(8,)), seed=1)
    known = np.random.default_rng(0).normal(size=(1, context + horizon, 2)).astype("float32")
    return np.array(network.training_loss(wave(context)[None], known, wave(horizon, seed=2)[None], None, 0.5))


def test_mixed_precision_rounds_the_loss_and_nothing_else(single):
    """A layer that puts types together that do not go together is found, whatever model it is part of."""
    network, weights = single.network, single.network.trainable_variables
    known = np.zeros((2, L + H, network.task.columns), "float32")
    windows = np.stack([wave(), wave(seed=3)]), known, np.stack([wave(H, seed=2), wave(H, seed=4)]), None, 0.5

    def loss_and_gradient():
        with tf.GradientTape() as tape:
            loss = network.training_loss(*windows)
        parts = tape.gradient(loss, weights, unconnected_gradients="zero")
        assert {part.dtype for part in parts} <= {tf.float32}
        return float(loss), np.concatenate([np.zeros(0), *(np.ravel(part) for part in parts)])

    exact, gradient = loss_and_gradient()
    with computing_in("mixed_bfloat16", network):
        rounded, coarse = loss_and_gradient()
    assert rounded == pytest.approx(exact, rel=0.05)
    assert coarse @ gradient >= 0.98 * np.linalg.norm(coarse) * np.linalg.norm(gradient), "another direction"
    assert loss_and_gradient()[0] == exact


@pytest.mark.parametrize(("field", "value"), [("forcing", "linear"), ("attention", "additive"), ("width", 7)])
def test_a_field_that_the_decoding_does_not_read_is_refused(field, value):
    decoding = "seq2seq" if field == "width" else "direct"
    with pytest.raises(ConfigError, match=f"`{field}` must be left out: decoding '{decoding}' does not read it"):
        Forecaster("gru", H, decoding=decoding, **{field: value})
