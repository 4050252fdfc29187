"""Settings of the process -> what each package is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

from pydantic import SecretStr

from api.bot.config import BotConfig, BotMode, webhook_secret
from api.client_address import Network
from api.config import ApiConfig, DevSignInMode, Rates
from api.http_server import HttpLimits
from sfu.config import SfuConfig
from signaling.config import IceConfig, MessageLimits, Rate, RateLimits, SignalingConfig
from store.config import StoreConfig
from telcall.settings import Settings
from telcall.webhook_queue import QueueLimits
from telcall.webhooks import WebhookConfig


def api_config(settings: Settings, secret_key: str, web_root: Path | None) -> ApiConfig:
    return ApiConfig(
        secret_key=secret_key,
        public_url=settings.effective_public_url,
        bot_token=_reveal(settings.bot_token),
        telegram_bot_id=settings.telegram_bot_id,
        bot_username=settings.bot_username.removeprefix("@") if settings.bot_username else None,
        dev_sign_in=_dev_sign_in(settings),
        access_token_ttl_s=settings.access_token_expire_minutes * 60,
        cors_origins=settings.cors_allow_origins,
        allow_localhost_origins=settings.debug,
        trusted_proxies=trusted_proxies(settings),
        rates=Rates(
            settings.rate_all,
            settings.rate_auth,
            settings.rate_create,
            settings.rate_admin,
            settings.ring_per_pair,
        ),
        max_participants=settings.max_participants_per_call,
        body_bytes=settings.http_body_bytes,
        body_read_s=settings.http_read_s,
        friends_shape=settings.friends_shape,
        web_root=web_root,
        metrics_token=_reveal(settings.metrics_token),
        admin_token=_reveal(settings.admin_token),
        docs=settings.docs_on,
    )


def trusted_proxies(settings: Settings) -> tuple[Network, ...]:
    return tuple(ip_network(network) for network in settings.trusted_proxies)


def http_limits(settings: Settings) -> HttpLimits:
    return HttpLimits(
        header_bytes=settings.http_header_bytes,
        header_fields=settings.http_header_fields,
        header_read_s=settings.http_read_s,
        keep_alive_s=settings.http_keep_alive_s,
        connections_per_address=settings.http_per_address,
    )


def old_secret_keys(settings: Settings) -> tuple[str, ...]:
    """Keys that tokens are still taken under."""
    text = _reveal(settings.old_secret_keys) or ""
    return tuple(key for key in (part.strip() for part in text.split(",")) if key)


def _dev_sign_in(settings: Settings) -> DevSignInMode:
    if settings.dev_sign_in == "on":
        return "always"
    return "loopback" if settings.dev_sign_in_on else "off"


def signaling_config(settings: Settings) -> SignalingConfig:
    return SignalingConfig(
        max_participants=settings.max_participants_per_call,
        max_call_duration_s=settings.max_call_duration_hours * 3600,
        max_active_calls=settings.max_active_calls_per_user,
        call_ttl_s=settings.call_ttl_hours * 3600,
        messages=MessageLimits(
            max_message_bytes=settings.max_websocket_message_size,
            json_depth=settings.json_depth,
            sdp_bytes=settings.sdp_bytes,
            sdp_mlines=settings.sdp_mlines,
            sdp_candidates=settings.sdp_candidates,
            sdp_line_bytes=settings.sdp_line,
        ),
        rates=_message_rates(settings),
        ice=IceConfig(
            stun_servers=settings.stun_servers,
            turn_servers=settings.turn_servers,
            turn_secret=_reveal(settings.turn_secret),
            turn_username=settings.turn_username,
            turn_password=_reveal(settings.turn_password),
            turn_ttl_s=settings.turn_ttl_s,
        ),
        p2p_timeout_s=settings.p2p_timeout_s,
        back_to_p2p_s=settings.back_to_p2p_s,
        resume_window_s=settings.resume_window_s,
        checks_at_once=settings.checks,
        checks_per_user=_per_minute(settings.check_per_user),
        check_connect_s=settings.check_connect_s,
        check_echo_s=settings.check_echo_s,
        lobby_places=settings.lobby,
        lobby_wait_s=settings.lobby_wait_s,
        departed_grace_s=settings.departed_grace_s,
        send_queue_messages=settings.ws_queue,
        send_queue_bytes=settings.ws_queue_bytes,
        allowed_origins=settings.cors_allow_origins,
        connections_per_user=settings.ws_per_user,
        connections_per_address=settings.ws_per_address,
        opens_per_user=_per_minute(settings.ws_open_per_user),
        failed_opens_per_address=_per_minute(settings.ws_open_per_address),
    )


def _message_rates(settings: Settings) -> RateLimits:
    """What is not set follows from the size of a room and of a message."""
    usual = RateLimits.for_room_of(settings.max_participants_per_call, settings.max_websocket_message_size)
    return replace(
        usual,
        sdp=_bucket(settings.ws_sdp) or usual.sdp,
        candidates=_bucket(settings.ws_candidate) or usual.candidates,
        other=_bucket(settings.ws_other) or usual.other,
        chat=_bucket(settings.ws_chat) or usual.chat,
        bytes=_bucket(settings.ws_bytes) or usual.bytes,
        violations=settings.ws_violations,
    )


def _bucket(text: str | None) -> Rate | None:
    if text is None:
        return None
    per_s, _, burst = text.partition("/")
    return Rate(float(per_s), float(burst))


def _per_minute(count: int) -> Rate:
    return Rate(count / 60, count)


def sfu_config(settings: Settings) -> SfuConfig:
    return SfuConfig(
        media_port=settings.effective_media_port,
        public_addresses=settings.public_address,
        # Nobody from outside comes to a server that only this machine reaches.
        stun_servers=() if settings.listens_on_loopback_only else settings.stun_servers,
        offer_loopback=settings.listens_on_loopback_only,
        dataplane=settings.dataplane,
    )


def store_config(settings: Settings, url: str) -> StoreConfig:
    return StoreConfig(url=url, pool_size=settings.db_pool, spool_rows=settings.spool_rows)


def bot_config(settings: Settings, secret_key: str) -> BotConfig | None:
    """None: there is no bot."""
    token = _reveal(settings.bot_token)
    if token is None:
        return None
    return BotConfig(
        token=token,
        webhook_secret=webhook_secret(secret_key, token),
        mode=_bot_mode(settings),
        api_url=settings.telegram_api_url.rstrip("/"),
        public_url=settings.effective_public_url,
        username=settings.bot_username.removeprefix("@") if settings.bot_username else None,
        ring_s=settings.ring_s,
        max_jobs=settings.bot_queue,
    )


def _bot_mode(settings: Settings) -> BotMode:
    if settings.bot == "auto":
        return "webhook" if settings.effective_public_url.startswith("https://") else "polling"
    return settings.bot


def webhook_config(settings: Settings, version: str) -> WebhookConfig | None:
    """None: nobody wants to be told."""
    secret = _reveal(settings.webhook_secret)
    if settings.webhook_url is None or secret is None:
        return None
    limits = QueueLimits(max_events=settings.webhook_queue)
    return WebhookConfig(settings.webhook_url, secret, user_agent=f"telcall/{version}", limits=limits)


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
