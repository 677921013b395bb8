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
# # Why a forecaster is built as it is
#
# Three experiments that are small enough to understand and to repeat. In full they take some minutes each (the last
# one half an hour); with `FORECAST_QUICK=1` in the environment they run in a version of seconds, whose numbers mean
# nothing.

# %%
import os

import pandas as pd

from forecasting.experiments import EXPERIMENTS

QUICK = os.environ.get("FORECAST_QUICK") == "1"


def run(name):
    return EXPERIMENTS.load(name).run(quick=QUICK)


# %% [markdown]
# ## 1. A sine, some noise, and a model fed with its own words
#
# A thousand points of a slow sine with noise on top. A perceptron reads the last four values and learns to say the
# next one. It does that well. Now let it speak on: its answer becomes the newest of the four values, and so forth.
# Every answer is slightly wrong, the next one starts from it, and what it was never taught, to get out of a wrong
# place, it cannot do.

# %%
sine = run("sine")
table = pd.DataFrame(sine.rows)
table.pivot(index=["reads", "model"], columns="steps_ahead", values="mae").round(3)

# %% [markdown]
# The numbers are distances from the sine without its noise. Read them by column. One step ahead nearly everybody is
# the same: the noise of the inputs is all there is to lose. Further ahead:
#
# - **What is read decides.** Four noisy values tell how high the wave is, but hardly whether it rises or falls. No
#   decoding and no depth brings back what was not read: 64 steps ahead every model of four values errs by more than
#   0.4. The same small perceptron over 64 values errs by less than half of that.
# - **Being able to remember is not the same as remembering.** The recurrent models read the same 64 steps one by one,
#   and on one noisy period they learn little more than the level. What an error has to travel back through is the
#   second experiment.
# - **How the horizon is reached matters less here than is told.** A model of one step, fed back, loses to the others
#   some ten steps ahead, when its errors build up; later all of them err by what they never read.

# %%
sine.figures["error_by_step"]

# %% [markdown]
# Left alone for good, they collapse. The forecasts below start where the training data end and are never told anything
# again; those that answer 64 steps at once are fed their own answers after that. The perceptrons run into a fixed
# point and stay there. The data give a hint why: they end before a whole period, so at this level the wave has only
# ever been seen to fall, and everybody expects it to fall again. A linear model cannot be that wrong: it stays.

# %%
sine.figures["drift"]

# %% [markdown]
# ## 2. What is left of an error, k steps back
#
# A recurrent network learns by carrying an error backwards through its steps. At every step it is multiplied by a
# matrix. If that shrinks, distant causes are never found: the gradient vanishes. If it grows, one step of the
# optimizer destroys what was learnt: it explodes. Here every cell, as it starts, reads noise; the error is at the
# last step; the curve is the length of its gradient at the state k steps before.

# %%
gradients = run("gradients")
gradients.figures["cells"]

# %% [markdown]
# Nearly all of them forget, at different speeds, and the straight lines are the signature: so much per step. (The one
# that does not keeps what it saw in a memory beside the recurrence.) The GRU, as it starts, forgets faster than a plain
# Elman cell: gates are a remedy that has to be learnt, or started well. Now the knobs. For
# an Elman cell, the size of the recurrent weights decides (dotted: what theory says of a linear network; squashing
# takes away the rest). For an LSTM, the bias of the forget gate does: at 0 half of the cell is forgotten at every
# step; at 1, where we start it, a quarter; at 4 next to nothing, and then the gradient may even grow. Of the ways to
# start an Elman cell, orthogonal weights and Glorot's are alike here (squashing costs more than either), the identity
# is a little better, and small random numbers are hopeless.

# %%
gradients.figures["remedies"]

# %% [markdown]
# Against explosion there is a plain remedy: a gradient that is too long is shortened, all weights by the same factor,
# so that its direction stays. `Training.clip_norm` is that length. Gradients that were fine stay as they are.

# %%
gradients.figures["clipping"]

# %% [markdown]
# ## 3. The family on real data
#
# Every cell, every way to stack them, every decoding and every attention on the same budget, beside two references
# that need no training by gradient. Hold the difference between two cells against `spread`, the difference that another
# seed makes, before preferring one.

# %%
family = run("family")
pd.DataFrame(family.rows).sort_values("mase").round(3)

# %%
family.figures["mase"]
