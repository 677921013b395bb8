"""Options and what they become: every choice of a forecaster can be made on the command line, under one name."""

import click
import pytest
from click.testing import CliRunner

from forecasting import ModelSpec, Training
from forecasting.choices import NAMES
from forecasting.errors import ConfigError
from pipelines.options.requests import TaskRequest
from pipelines.options.shared import TRAIN_BUNDLES, task_options

#: Choices of Python alone: the levels that a model is trained on.
NOT_OPTIONS = {"quantile_levels"}


def names_of(bundle):
    return {str(parameter.name) for parameter in bundle.parameters}


def test_every_choice_is_an_option_and_every_option_a_field_or_a_choice():
    options = names_of(task_options())
    assert set(NAMES) - options == NOT_OPTIONS
    assert options - set(NAMES) <= set(TaskRequest.__dataclass_fields__)


def test_what_the_options_say_at_their_defaults_is_what_a_forecaster_does():
    requests = []
    command = click.command()(task_options()(lambda task: requests.append(task)))
    CliRunner().invoke(command, ["--horizon", "6"], catch_exceptions=False)
    found, expected = (one.choices_of(ModelSpec.of("gru"), None, Training()) for one in (*requests, TaskRequest(6)))
    assert found == expected


def test_a_choice_is_replaced_and_the_others_stay():
    request = TaskRequest.of(horizon=6, known_covariates=("price",), static_covariates=("store",), lower=0.0)
    assert request.with_choice("context_length", 9).choices["lower"] == 0.0
    assert request.covariates() == ("store", "price")
    assert request.covariates("known") == ("price",)
    assert request.columns.covariates == ("store", "price")


def test_a_covariate_that_is_named_twice_is_refused():
    with pytest.raises(ConfigError, match="columns named once"):
        _ = TaskRequest.of(horizon=6, known_covariates=("price",), past_covariates=("price",)).columns


def test_no_two_options_of_a_command_share_a_name():
    data, task = TRAIN_BUNDLES
    assert not names_of(data) & names_of(task)
