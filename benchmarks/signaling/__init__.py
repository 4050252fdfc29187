"""What signaling costs: `python -m benchmarks.signaling`."""
