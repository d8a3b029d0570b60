"""Instruments, bars and imports in the API."""
