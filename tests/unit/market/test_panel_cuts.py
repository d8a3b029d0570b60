"""Rows cut out of a panel are the panel's own, and as untouchable."""

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.market.bars import COLUMNS
from tests.kit.bars import random_panel


def test_a_cut_shares_memory_and_cannot_be_written_to() -> None:
    panel = random_panel(10, 2, 1)
    part = panel.take(slice(2, 7))
    assert len(part) == 5
    assert (part.instruments, part.timeframe) == (panel.instruments, panel.timeframe)
    for name in ("close_time", *COLUMNS):
        column = getattr(part, name)
        assert np.shares_memory(column, getattr(panel, name))
        assert column.flags.c_contiguous
        assert not column.flags.writeable
        np.testing.assert_array_equal(column, getattr(panel, name)[2:7])


def test_rows_that_do_not_follow_each_other_are_no_cut() -> None:
    with pytest.raises(InvalidInput, match="contiguous"):
        random_panel(10, 2, 1).take(slice(0, 10, 2))
