"""Studies in the API: sweeps, walk-forwards, evaluations."""
