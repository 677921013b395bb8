"""Heads: what a network's last numbers mean. Each is a file in `families`, found by its name.

A head's file has `TRAITS`, what is to be known of it without loading Keras, a class `Head(task, link)`, which is a
`BaseHead` (see there for what each method gives), and a `Config` of its options where it has any
(`Head(task, link, config=...)`). A head of numbers keeps all it says within the task's bounds (`link`).
"""

from forecasting.config.catalog import Catalog

HEADS = Catalog("forecasting.heads.families", "head")
