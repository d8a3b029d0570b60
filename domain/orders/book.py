"""The order book and the bars it is fed, by their public names; `_rules.pxd` holds the market rules."""

from domain.orders._book import OrderBook
from domain.orders._working import PanelBars, PriceBar

__all__ = ["OrderBook", "PanelBars", "PriceBar"]
