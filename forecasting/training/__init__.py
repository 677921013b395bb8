"""Learning: how a network's numbers are found. Each learner is a file in `learners`, found by its name.

A learner's file has a `LEARNER`, which says what it is and does (see `Learner`), and a frozen `Config` of its options
where it has any. `forecasting.config.learner` has the catalog: who only names a learner loads no training code.
"""
