"""The domain's enumerations as GraphQL enums; values are written in capitals."""

import strawberry

from domain.backtesting.model import BacktestStatus, FillPrice, QuantityRule
from domain.identity.model import Role
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import AssetClass
from domain.market.quality_report import OnError, Severity

strawberry.enum(
    BacktestStatus, description="Where a run stands. COMPLETED, FAILED and CANCELLED never change."
)
strawberry.enum(
    FillPrice,
    description="The price at which a decision made at the close of a bar is carried out. SAME_CLOSE is optimistic.",
)
strawberry.enum(QuantityRule, description="How a wanted amount becomes an order quantity.")
strawberry.enum(Role, description="What a caller may do; each role may do all that the ones before it may.")
strawberry.enum(Adjustment, description="Which corporate actions prices are adjusted for.")
strawberry.enum(AssetClass, description="The kind of thing an instrument is.")
strawberry.enum(OnError, description="What an import does with rows that break an error rule.")
strawberry.enum(Severity, description="An error makes a row unusable; a warning is kept with the data.")

__all__ = [
    "Adjustment",
    "AssetClass",
    "BacktestStatus",
    "FillPrice",
    "OnError",
    "QuantityRule",
    "Role",
    "Severity",
]
