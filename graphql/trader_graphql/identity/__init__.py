"""The caller and API keys in the API."""
