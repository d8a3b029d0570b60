"""The domain's enumerations as GraphQL enums; values are written in capitals."""

import strawberry

from domain.backtesting.model import BacktestStatus, FillPrice, QuantityRule, TierPeriod
from domain.identity.model import Role
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import AssetClass
from domain.market.quality_report import OnError, Severity
from domain.orders.model import LimitFill
from domain.research.model import (
    Aggregate,
    Answer,
    Direction,
    SearchMethod,
    StudyKind,
    StudyStatus,
    WindowScheme,
)

strawberry.enum(
    BacktestStatus, description="Where a run stands. COMPLETED, FAILED and CANCELLED never change."
)
strawberry.enum(
    FillPrice,
    description="The price at which a decision made at the close of a bar is carried out. SAME_CLOSE is optimistic.",
)
strawberry.enum(
    LimitFill, description="What a price must do to fill a limit order inside a bar. TOUCHED is optimistic."
)
strawberry.enum(TierPeriod, description="Over what the notional of commission tiers adds up.")
strawberry.enum(QuantityRule, description="How a wanted amount becomes an order quantity.")
strawberry.enum(Role, description="What a caller may do; each role may do all that the ones before it may.")
strawberry.enum(
    Adjustment,
    description="Which corporate actions prices are adjusted for. BOOKED leaves prices as they were traded, and a run "
    "carries the actions out in its account.",
)
strawberry.enum(AssetClass, description="The kind of thing an instrument is.")
strawberry.enum(OnError, description="What an import does with rows that break an error rule.")
strawberry.enum(Severity, description="An error makes a row unusable; a warning is kept with the data.")
strawberry.enum(Aggregate, description="How the runs that share a cell of a heat map become one number.")
strawberry.enum(Answer, description="What a check says. UNCLEAR is not a pass.")
strawberry.enum(Direction, description="Which way a statistic is better.")
strawberry.enum(SearchMethod, description="How combinations are chosen. BAYESIAN needs the extra `search`.")
strawberry.enum(StudyKind, description="What a study asks.")
strawberry.enum(
    StudyStatus,
    description="Where a study stands. COMPLETED never changes; FAILED and CANCELLED can be resumed.",
)
strawberry.enum(
    WindowScheme,
    description="ROLLING chooses on a window that moves, ANCHORED on everything since the start.",
)

__all__ = [
    "Adjustment",
    "Aggregate",
    "Answer",
    "AssetClass",
    "BacktestStatus",
    "Direction",
    "FillPrice",
    "LimitFill",
    "OnError",
    "QuantityRule",
    "Role",
    "SearchMethod",
    "Severity",
    "StudyKind",
    "StudyStatus",
    "TierPeriod",
    "WindowScheme",
]
