"""Rows of a study as columns, all of one length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named columns of one length: floats (NaN is undefined), integers, booleans, or lists of text."""

    columns: Mapping[str, FloatArray | IntArray | BoolArray | Sequence[str]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]
