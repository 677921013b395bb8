"""`forecast experiments`: a list, a table, pictures."""

from forecasting.experiments import EXPERIMENTS


def test_without_a_name_the_experiments_are_listed_with_a_line_each(forecast):
    ended = forecast("experiments", "--json")
    assert ended.code == 0
    assert set(ended.json["experiments"]) == set(EXPERIMENTS.names())
    assert all(ended.json["experiments"].values())
    assert all(name in forecast("experiments").out for name in EXPERIMENTS.names())


def test_a_run_prints_its_table_and_writes_its_pictures(forecast, tmp_path):
    ended = forecast("experiments", "gradients", "--quick", "--out", tmp_path, "--json")
    assert ended.code == 0
    assert ended.json["experiment"] == "gradients"
    assert ended.json["rows"][0].keys() >= {"study", "network", "k", "norm"}
    assert {path.name for path in tmp_path.iterdir()} == {"cells.png", "remedies.png", "clipping.png"}
    assert str(tmp_path) in ended.err


def test_pictures_go_into_the_home_folder_when_no_other_is_given(forecast):
    ended = forecast("experiments", "gradients", "--quick")
    assert ended.code == 0
    assert "elman" in ended.out
    assert "experiments/gradients/cells.png" in ended.err


def test_wrong_use_is_2(forecast):
    assert forecast("experiments", "nonsense").code == 2
    assert forecast("experiments", "gradients", "--data", "x.csv").code == 2
    assert forecast("experiments", "gradients", "--seed", "-1").code == 2
    assert forecast("experiments", "gradients", "--horizon", 3).code == 2
