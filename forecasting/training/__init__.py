"""Learners: how a network's numbers are found. One file each, found by its file name.

A learner module has `fit(network, source, config, training, callbacks) -> Learned`: it changes the
weights of the network, raises a `ConfigError` where it cannot teach such a network, and says what it did.
A learner that may be chosen instead of a model's own one (`Training.learner`) names that one in `INSTEAD_OF` and
has its options in a frozen `Config`, which `fit` gets as `config`; the others get the model's config.
Fields of `Training` that are worth trying in a search are spaces in its `SEARCH`, where there are any.
One whose trainings end when rows that are not trained on say so has `STOPS_EARLY = True`.
One that can go on with new observations has `online(network, task, config, training)`, an `OnlineLearner`.
`forecasting.learner_spec` has the catalog: who only names a learner loads no training code.
"""
