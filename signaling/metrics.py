"""What signaling counts. The registry is the caller's; without one the counters are read by nobody."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class SignalingMetrics:
    """No label carries an id of a call or a person."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self.sockets_open = Gauge("telcall_ws_open", "Open WebSockets", registry=self.registry)
        self.sockets_closed = Counter(
            "telcall_ws_close", "WebSockets closed, by close code", ["code"], registry=self.registry
        )
        self.calls = Gauge("telcall_calls", "Calls with participants", ["topology"], registry=self.registry)
        self.participants = Gauge("telcall_participants", "People in calls", registry=self.registry)
        self.joins_refused = Counter(
            "telcall_join_failures",
            "Connections turned away, by error code",
            ["reason"],
            registry=self.registry,
        )
        self.messages = Counter(
            "telcall_messages", "Messages of clients, by type", ["type"], registry=self.registry
        )
        self.limit_hits = Counter(
            "telcall_limit_hits", "Limits that were reached, by their name", ["limit"], registry=self.registry
        )
        self.topology_changes = Counter(
            "telcall_topology_changes",
            "Changes between p2p and SFU",
            ["mode", "reason"],
            registry=self.registry,
        )
        self.sfu_connections = Counter(
            "telcall_sfu_connections",
            "What became of clients' connections to the SFU",
            ["state"],
            registry=self.registry,
        )
