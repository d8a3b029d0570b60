"""What every strategy of a fast and a slow average shares."""

from typing import Self

from pydantic import Field, model_validator

from domain.strategies.protocol import StrategyParameters


class FastAndSlow(StrategyParameters):
    """Windows of two averages; a strategy gives its own defaults."""

    fast: int = Field(ge=1, le=5_000, description="Bars in the fast average.")
    slow: int = Field(ge=2, le=10_000, description="Bars in the slow average; more than fast.")

    @model_validator(mode="after")
    def _fast_is_faster(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) must be below slow ({self.slow})")
        return self
