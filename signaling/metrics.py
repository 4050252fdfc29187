"""What signaling counts, in Prometheus' words."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class SignalingMetrics:
    """In the caller's `registry`; `count_limit` is told the name of each limit that was reached.

    No label carries an id of a call or a person.
    """

    def __init__(self, registry: CollectorRegistry, count_limit: Callable[[str], None]) -> None:
        self.count_limit = count_limit
        self.calls = Gauge("telcall_calls", "Running calls", ["topology"], registry=registry)
        self.participants = Gauge("telcall_participants", "People in calls", registry=registry)
        self.sockets_open = Gauge("telcall_ws_open", "Open WebSockets", registry=registry)
        self.sockets_closed = Counter(
            "telcall_ws_close", "WebSockets closed, by close code", ["code"], registry=registry
        )
        self.joins_refused = Counter(
            "telcall_join_failures", "Connections turned away, by error code", ["reason"], registry=registry
        )
        self.resumes = Counter(
            "telcall_resumes",
            "Participants who went on after their connection was lost, or came back after a kill",
            ["kind"],
            registry=registry,
        )
        self.topology_changes = Counter(
            "telcall_topology_changes", "Changes between p2p and SFU", ["mode", "reason"], registry=registry
        )
        self.sfu_connections = Counter(
            "telcall_sfu_connections",
            "What became of clients' connections to the SFU",
            ["state"],
            registry=registry,
        )
        self.checks = Counter(
            "telcall_checks",
            "Clients' tests of their way to the SFU, by how they ended",
            ["reason"],
            registry=registry,
        )
        self.checks_running = Gauge(
            "telcall_checks_running", "Clients' tests that go on at the moment", registry=registry
        )
