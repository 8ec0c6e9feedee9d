"""Columns of text by what they hold: a run says few words many times, so each word is looked at once.

``compact`` frames keep text as categories (a byte or two for each row), in alphabetical order, so that sorting by them
is sorting by the text. What is made of either kind of frame is of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals

_Found = TypeVar("_Found", bool, int)
_Series: TypeAlias = "pd.Series[Any]"
"""Of text, or of categories of text, which the stubs of pandas tell apart."""
Codes: TypeAlias = "npt.NDArray[np.integer[Any]]"
"""A number for each row's word: of as few bytes as there are words, where they are categories."""


def holds(column: _Series, test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    """Say which rows hold a text that passes the test; a missing one does not."""
    return by_text(column, test, missing=False).astype(np.bool_)


def by_text(column: _Series, make: Callable[[str], _Found], *, missing: _Found) -> npt.NDArray[np.generic]:
    """Return what is made of each row's text, shape (rows,)."""
    codes: Codes
    words: pd.Index[Any]
    codes, words = coded(column)
    return np.array([*(make(str(word)) for word in words), missing])[codes]


def coded(column: _Series) -> tuple[Codes, pd.Index[Any]]:
    """Return the number of each row's word, -1 where it is missing, shape (rows,), and the words."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes), pd.Index(column.cat.categories)
    codes, known = pd.factorize(column)
    return codes, pd.Index(known)


def everywhere(word: str, model: _Series) -> _Series:
    """Return a column of one word, as long as another and of its kind."""
    if not isinstance(model.dtype, pd.CategoricalDtype):
        return pd.Series(word, index=model.index, dtype=model.dtype)
    codes = np.zeros(len(model), dtype=np.int8)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index([word], dtype="string")), index=model.index)


def compact(column: _Series) -> _Series:
    """Return a column of text as categories, in alphabetical order; one that is so already, as it is."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("string").astype("category")
    known = pd.Index(column.cat.categories, dtype="string")
    if known.dtype == column.cat.categories.dtype and known.is_monotonic_increasing:
        return column
    named = column.cat.rename_categories(known)
    return named.cat.reorder_categories(known.sort_values())


def like(table: pd.DataFrame, model: pd.DataFrame) -> pd.DataFrame:
    """Return a table with another's columns and their types; where those are categories, with its own."""
    made = {
        name: compact(table[name]) if isinstance(dtype, pd.CategoricalDtype) else table[name].astype(dtype)
        for name, dtype in model.dtypes.items()
    }
    return pd.DataFrame(made, columns=model.columns, copy=False)


def stack(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same columns below each other, numbered anew; at least one."""
    filled = [part for part in parts if len(part)] or list(parts[:1])
    return pd.DataFrame({name: _below([part[name] for part in filled]) for name in filled[0].columns}, copy=False)


def _below(columns: Sequence[_Series]) -> _Series:
    if all(isinstance(one.dtype, pd.CategoricalDtype) for one in columns):
        return pd.Series(union_categoricals(list(columns), sort_categories=True))
    return pd.concat(columns, ignore_index=True)
