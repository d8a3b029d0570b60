"""The built-in strategies, one file each. A new file here is found by the registry."""
