"""The bot: rings friends, shares calls inline, keeps cards of calls in group chats.

`config.py`, `texts.py`, `outbox.py` and `rings.py` know nothing of aiogram; the rest imports it, which costs
130 MB: a process without a bot token imports nothing of this package.
"""
