"""Learners: how a network's numbers are found. One file each, found by its file name.

A learner module has `fit(network, source, config, training, callbacks) -> Learned`: it changes the
weights of the network and says what it did.
"""

from forecasting.catalog import Catalog

LEARNERS = Catalog(__name__, "learner")
