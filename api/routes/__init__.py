"""Handlers: parse, call, shape."""
