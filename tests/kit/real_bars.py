"""Unadjusted daily bars of real shares, from the public-domain sample that is a test dependency."""

import csv
import gzip
from functools import lru_cache
from importlib.resources import files

import numpy as np

from domain.arrays import FloatArray

COLUMNS = ("Open", "High", "Low", "Close", "Volume")


@lru_cache
def real_bars(ticker: str) -> dict[str, FloatArray]:
    """Columns open, high, low, close, volume of AAPL, FB, GOOG, IBM or MSFT, each (T,)."""
    packed = files("bokeh_sampledata").joinpath("_data/stocks.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode().splitlines()
    rows = [row for row in csv.DictReader(lines) if row["Ticker"] == ticker]
    return {column.lower(): np.array([float(row[column]) for row in rows]) for column in COLUMNS}
