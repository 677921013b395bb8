# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Characters: a series of symbols
#
# States, events and characters are forecast by the same networks as numbers: the head gives a probability for each
# symbol instead of a value. The text here comes from the little grammar below, which was written for this notebook:
# a subject in the singular or plural, words that say nothing about which, and a verb that agrees with the subject.

# %%
import numpy as np
import pandas as pd

from forecasting import Forecaster, Training, leaderboard
from forecasting.data.panel import Panel
from forecasting.data.symbols import alphabet_of

NOUNS = {"the cat": "the cats", "a dog": "two dogs", "the bird": "the birds", "a fox": "many foxes"}
VERBS = {"sleeps": "sleep", "sings": "sing", "waits": "wait"}
BETWEEN = ["", " in the barn", " by the river", " on the old wall"]


def sentence(dice):
    """Return a sentence; the last letter of its verb depends on its first words."""
    singular = dice.random() < 0.5
    noun, verb = str(dice.choice(list(NOUNS))), str(dice.choice(list(VERBS)))
    words = (noun, verb) if singular else (NOUNS[noun], VERBS[verb])
    return f"{words[0]}{dice.choice(BETWEEN)} {words[1]}. "


def as_frame(text):
    """Return a text as a long frame: one row for each character, numbered."""
    return pd.DataFrame({"ds": range(len(text)), "y": list(text)})


dice = np.random.default_rng(1)
text = "".join(sentence(dice) for _ in range(400))
frame = as_frame(text)
print(f"{len(text)} characters, {frame['y'].nunique()} different ones")
text[:150]

# %% [markdown]
# ## A recursive model of the next character
#
# `decoding="recursive"` makes a model of one step that reads its own output; `forcing="teacher"` trains it on the true
# characters, so that its probabilities are those of the next character given all before it. The only look at the
# validation windows is the last: there the model reads its own characters, which says little about the next one.

# %%
training = Training(steps=500, validate_every=500, batch_size=64, learning_rate=1e-2)
model = Forecaster(
    "gru",
    horizon=12,
    head="categorical",
    decoding="recursive",
    forcing="teacher",
    context_length=32,
    units=64,
    training=training,
)
model.fit(frame)

# %% [markdown]
# ## What comes next?
#
# The probability of each character after a few beginnings, the most probable ones first.


# %%
def next_characters(beginning, count=4):
    """Return the most probable characters after a beginning."""
    row = model.predict(as_frame(beginning), horizon=1, probabilities=True).filter(like="gru-p-").iloc[0]
    return row.rename(lambda name: name.removeprefix("gru-p-")).astype(float).nlargest(count).round(3).to_dict()


beginnings = [
    "a dog sings. the cat",
    "a fox waits. the cat by the river sleep",
    "a fox waits. the cats by the river sleep",
]
{beginning: next_characters(beginning) for beginning in beginnings}

# %% [markdown]
# ## Roll-outs
#
# The forecast takes the most probable character every time. A roll-out draws each one and reads it before the next:
# among all characters, among the `top_k` most probable ones, or at a `temperature`, below 1 more careful, above 1
# bolder, and 0 the forecast again.

# %%
begin = as_frame("a dog sings. the cats ")
"".join(model.predict(begin, horizon=12)["gru"])


# %%
def rolled_out(**how):
    """Return a roll-out of 100 characters."""
    return "".join(model.sample(begin, 100, n=1, seed=4, **how)["y"])


ways = {"temperature 0": {"temperature": 0.0}, "temperature 0.5": {"temperature": 0.5}, "temperature 1": {}}
ways |= {"temperature 2": {"temperature": 2.0}, "temperature 2, top 2": {"temperature": 2.0, "top_k": 2}}
for name, how in ways.items():
    print(f"{name:>20}: {rolled_out(**how)}")

# %% [markdown]
# ## How good is it?
#
# Perplexity is exp of the mean of -log p of what came: as uncertain as among that many equally probable characters. A
# hidden Markov model is the classical baseline; with a handful of states it cannot keep the subject in mind.

# %%
short = Training(steps=300, validate_every=100, batch_size=64, learning_rate=1e-2)
candidates = [
    Forecaster("gru", horizon=1, head="categorical", context_length=32, units=64, training=short),
    Forecaster("hmm", horizon=1, head="categorical", context_length=32, states=8, restarts=1),
]
panel = Panel.from_frame(frame, symbols=alphabet_of(frame))
entries = leaderboard.compete(candidates, panel, windows=500, step=1)
leaderboard.to_frame(entries)[["model", "perplexity", "accuracy", "train_seconds"]].round(3)
