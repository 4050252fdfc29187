"""All tables; importing this package fills `Base.metadata`."""

from store.tables.base import Base
from store.tables.bot_message import BotMessage
from store.tables.call import Call
from store.tables.call_rating import CallRating
from store.tables.call_stats import CallStats
from store.tables.friend_link import FriendLink
from store.tables.participant import Participant, ParticipantSession
from store.tables.revoked_token import RevokedToken
from store.tables.user import User
from store.tables.user_block import UserBlock

__all__ = [
    "Base",
    "BotMessage",
    "Call",
    "CallRating",
    "CallStats",
    "FriendLink",
    "Participant",
    "ParticipantSession",
    "RevokedToken",
    "User",
    "UserBlock",
]
