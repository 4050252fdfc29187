"""What the REST part counts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class RequestMetrics:
    """Requests by route and status, and how long they took. Sockets are not requests in this sense."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "telcall_http_requests", "HTTP requests", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "telcall_http_request_seconds", "Time to answer a request", ("method", "route"), registry=registry
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """What is counted in: finding it by its labels takes longer than counting. Bounded as labels are."""

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        """`route`: the pattern, of which there are few."""
        kind = (method if method in METHODS else "other", route, status)
        requests, seconds = self._known.get(kind) or self._new(*kind)
        requests.inc()
        seconds.observe(took_s)

    def _new(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        found = (self._requests.labels(method, route, str(status)), self._seconds.labels(method, route))
        self._known[method, route, status] = found
        return found
