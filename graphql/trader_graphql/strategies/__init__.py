"""The strategy catalogue in the API."""
