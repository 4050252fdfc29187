"""A participant in Python: joins calls as any client does, plays and records. Built on aiortc and av."""
