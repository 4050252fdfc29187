"""Calls as their participants see them: WebSocket protocol, rooms, p2p or SFU, the life of a call."""
