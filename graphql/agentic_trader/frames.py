"""Tables as data frames of the user's choice."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

FrameLibrary: TypeAlias = Literal["polars", "pandas"]
Frame: TypeAlias = "pl.DataFrame | pd.DataFrame"


def frame_of_parquet(content: bytes, library: FrameLibrary) -> Frame:
    """A downloaded Parquet file. Raises ImportError that names the package to install."""
    import polars as pl

    return _as(pl.read_parquet(io.BytesIO(content)), library)


def frame_of_columns(columns: Mapping[str, Sequence[Any]], library: FrameLibrary) -> Frame:
    """Columns of one length, by name."""
    import polars as pl

    return _as(pl.DataFrame(dict(columns)), library)


def _as(frame: "pl.DataFrame", library: FrameLibrary) -> Frame:
    if library == "polars":
        return frame
    try:
        import pandas as pd
    except ModuleNotFoundError:
        raise ImportError("Data frames of pandas need it: pip install pandas.") from None
    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})
