"""What the REST API costs: `python -m benchmarks.rest`."""
