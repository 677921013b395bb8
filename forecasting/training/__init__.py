"""Learners: how a network's numbers are found. One file each, found by its file name.

A learner's file has a `LEARNER`, which says what it is and does (see `Learner`), and a frozen `Config` of its options
where it has any. `forecasting.learner_spec` has the catalog: who only names a learner loads no training code.
"""
