"""Backtests in the API."""
