"""Settings of the process -> what each package is told."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

from pydantic import SecretStr

from api.config import ApiConfig, DevSignInMode, Rates
from sfu.config import SfuConfig
from signaling.config import IceConfig, MessageLimits, RateLimits, SignalingConfig
from store.config import StoreConfig
from telcall.settings import Settings


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
        trusted_proxies=tuple(ip_network(network) for network in settings.trusted_proxies),
        rates=Rates(settings.rate_all, settings.rate_auth, settings.rate_create),
        max_participants=settings.max_participants_per_call,
        body_bytes=settings.http_body_bytes,
        web_root=web_root,
        metrics_token=_reveal(settings.metrics_token),
        docs=settings.docs,
    )


def _dev_sign_in(settings: Settings) -> DevSignInMode:
    if settings.dev_sign_in == "on":
        return "always"
    return "loopback" if settings.dev_sign_in_on else "off"


def signaling_config(settings: Settings) -> SignalingConfig:
    size = settings.max_websocket_message_size
    return SignalingConfig(
        max_participants=settings.max_participants_per_call,
        max_call_duration_s=settings.max_call_duration_hours * 3600,
        max_active_calls=settings.max_active_calls_per_user,
        call_ttl_s=settings.call_ttl_hours * 3600,
        messages=MessageLimits(max_message_bytes=size),
        rates=RateLimits.for_room_of(settings.max_participants_per_call, size),
        ice=IceConfig(
            stun_servers=settings.stun_servers,
            turn_servers=settings.turn_servers,
            turn_secret=_reveal(settings.turn_secret),
            turn_username=settings.turn_username,
            turn_password=_reveal(settings.turn_password),
            turn_ttl_s=settings.turn_ttl_s,
        ),
        send_queue_messages=settings.ws_queue,
        allowed_origins=settings.cors_allow_origins,
        connections_per_user=settings.ws_per_user,
        connections_per_address=settings.ws_per_address,
    )


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


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
