"""The one grammar of numbers in text at every door: which words mean a missing one, and what a number looks like."""

from __future__ import annotations

import math
import re

#: What may stand around a word, a number or a time without changing it.
BLANKS = " \t"

#: Texts that mean a missing number, in small letters: what Arrow and pandas read as missing, and what they, Python and
#: MLflow's clients write for it. The empty text is one of them.
MISSING_WORDS = frozenset(
    {
        "",
        *("na", "n/a", "#na", "#n/a", "#n/a n/a", "<na>"),
        *("nan", "-nan", "+nan", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
        *("null", "none"),
    }
)

#: A decimal number, or an infinite one, which whoever reads it may refuse; a pattern that Python and Arrow understand.
NUMBER = r"(?i:[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?))"

_NUMBER = re.compile(NUMBER, re.ASCII)


def is_missing(text: str) -> bool:
    """Whether a text means a missing number, in capital letters or small ones, with blanks around it or without."""
    return text.strip(BLANKS).lower() in MISSING_WORDS


def read_number(text: str) -> float:
    """Return the number that a text writes, NaN where it means a missing one.

    >>> read_number(" 1.5e3"), read_number("N/A")
    (1500.0, nan)

    Raises:
        ValueError: it writes neither.
    """
    if _NUMBER.fullmatch(word := text.strip(BLANKS)):
        return float(word)
    if is_missing(text):
        return math.nan
    raise ValueError("the text is neither a number nor a word for a missing one")
