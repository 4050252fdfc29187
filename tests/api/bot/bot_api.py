"""A Bot API server on this machine, as strict as Telegram's about parameters and who may be written to.

Parameters are checked by aiogram's models of the methods, which follow core.telegram.org/bots/api; rules that
no type says (lengths, characters, known chats, unchanged messages) are checked here. It can be slow, down, or
ask for patience.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import urlsplit

import aiogram.methods
from aiogram.client.default import Default
from aiogram.methods import TelegramMethod
from aiohttp import web
from pydantic import ValidationError

TOKEN = "123456:not-a-real-token-but-as-long-as-one"
BOT = {"id": 123456, "is_bot": True, "first_name": "Tel Call", "username": "telcall_bot"}
ABILITIES = {"can_join_groups": True, "supports_inline_queries": True, "has_main_web_app": True}
METHODS: dict[str, type[TelegramMethod[Any]]] = {
    method.__api_method__: method
    for name in aiogram.methods.__all__
    if name != "TelegramMethod"
    and isinstance(method := getattr(aiogram.methods, name), type)
    and isinstance(getattr(method, "__api_method__", None), str)
}


class Refusal(Exception):
    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class Call:
    """A request that was well formed. `at_s` is monotonic."""

    method: str
    params: dict[str, Any]
    at_s: float


@dataclass
class BotApi:
    """`private`: who has started the bot; `blocked`: of them, who has blocked it; `groups`: where it is in.

    `trouble`: what the next requests of writing methods get instead: a status, or seconds to wait for.
    """

    port: int = 0
    private: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)
    trouble: deque[int | Literal["patience"]] = field(default_factory=deque)
    retry_after_s: int = 1
    delay_s: float = 0.0
    calls: list[Call] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What no server should get: unknown methods and parameters, broken rules."""
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    inline: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    webhook: dict[str, Any] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    menu: dict[str, Any] = field(default_factory=dict)
    runner: web.AppRunner | None = None
    _ids: int = 0
    _come: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self.handle)
        self.runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    def sent(self, method: str) -> list[dict[str, Any]]:
        return [call.params for call in self.calls if call.method == method]

    def bring(self, update: dict[str, Any]) -> dict[str, Any]:
        """An update for who polls; also given back, for a webhook."""
        self._ids += 1
        update = {"update_id": 1_000 + self._ids, **update}
        self.updates.append(update)
        self._come.set()
        return update

    # --- requests -----------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        try:
            if request.match_info["token"] != TOKEN:
                raise Refusal(401, "Unauthorized")
            params = self._params(name, dict(await request.post()))
            self.calls.append(Call(name, params, time.monotonic()))
            if name != "getUpdates" and self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.trouble and name not in ("getMe", "getUpdates", "setMyCommands", "setChatMenuButton"):
                trouble = self.trouble.popleft()
                if trouble == "patience":
                    raise Refusal(429, "Too Many Requests", retry_after=self.retry_after_s)
                if trouble == 502:  # the proxy in front of it speaks HTML
                    return web.Response(status=502, text="<html>Bad Gateway</html>")
                raise Refusal(trouble, "Internal Server Error")
            result = await getattr(self, f"on_{name}")(params)
        except Refusal as refusal:
            body: dict[str, Any] = {
                "ok": False,
                "error_code": refusal.status,
                "description": refusal.description,
            }
            if refusal.parameters:
                body["parameters"] = refusal.parameters
            return web.json_response(body, status=refusal.status)
        return web.json_response({"ok": True, "result": result})

    def _params(self, name: str, form: dict[str, Any]) -> dict[str, Any]:
        """The form as values of the method's types, or 404 and 400 as Telegram says them."""
        method = METHODS.get(name)
        if method is None or not hasattr(self, f"on_{name}"):
            self.wrong.append(f"no method {name}")
            raise Refusal(404, "Not Found")
        values: dict[str, Any] = {}
        for key, text in form.items():
            if key not in method.model_fields:
                self.wrong.append(f"{name} has no parameter {key}")
                raise Refusal(400, f"Bad Request: unknown parameter {key}")
            kinds = _types(method.model_fields[key].annotation) - {type(None), Default}
            values[key] = text if kinds == {str} else _json(text)
        try:
            method.model_validate(values)
        except ValidationError as error:
            self.wrong.append(f"{name}: {error}")
            raise Refusal(400, "Bad Request: wrong parameters") from None
        return values

    # --- methods ------------------------------------------------------------------------------------------

    async def on_getMe(self, params: dict[str, Any]) -> Any:
        return BOT | ABILITIES

    async def on_getUpdates(self, params: dict[str, Any]) -> Any:
        if self.webhook.get("url"):
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(params.get("offset", 0))
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            self._come.clear()
            try:
                async with asyncio.timeout(float(params.get("timeout", 0))):
                    await self._come.wait()
            except TimeoutError:
                pass
        return list(self.updates)[:100]

    async def on_sendMessage(self, params: dict[str, Any]) -> Any:
        chat_id = int(params["chat_id"])
        self._may_write(chat_id)
        self._check_text(params["text"], params.get("entities"))
        self._check_keyboard(params.get("reply_markup"), is_private=chat_id > 0)
        self._ids += 1
        message = {
            "message_id": self._ids,
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"},
            "from": BOT,
            "text": params["text"],
        }
        self.messages[chat_id, self._ids] = params
        return message

    async def on_editMessageText(self, params: dict[str, Any]) -> Any:
        self._check_text(params["text"], params.get("entities"))
        self._check_keyboard(params.get("reply_markup"), is_private=True)
        if "inline_message_id" in params:
            self.inline[params["inline_message_id"]] = params
            return True
        key = (int(params["chat_id"]), int(params["message_id"]))
        self._may_write(key[0])
        before = self.messages.get(key)
        if before is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        shown = [(each.get("text"), each.get("reply_markup")) for each in (before, params)]
        if shown[0] == shown[1]:
            raise Refusal(
                400, "Bad Request: message is not modified: specified new message content is the same"
            )
        self.messages[key] = params
        return {
            "message_id": key[1],
            "date": int(time.time()),
            "chat": {"id": key[0], "type": "private" if key[0] > 0 else "supergroup"},
            "text": params["text"],
        }

    async def on_editMessageReplyMarkup(self, params: dict[str, Any]) -> Any:
        key = (int(params["chat_id"]), int(params["message_id"]))
        if key not in self.messages:
            raise Refusal(400, "Bad Request: message to edit not found")
        self.messages[key] = {**self.messages[key], "reply_markup": params.get("reply_markup")}
        return True

    async def on_answerCallbackQuery(self, params: dict[str, Any]) -> Any:
        self._check(len(params.get("text", "")) <= 200, "callback answer too long")
        return True

    async def on_answerInlineQuery(self, params: dict[str, Any]) -> Any:
        self._check(len(params["results"]) <= 50, "too many results")
        for result in params["results"]:
            self._check(0 < len(result["id"].encode()) <= 64, "RESULT_ID_INVALID")
            self._check_text(result["input_message_content"]["message_text"], None)
            self._check_keyboard(result.get("reply_markup"), is_private=False)
        return True

    async def on_savePreparedInlineMessage(self, params: dict[str, Any]) -> Any:
        self._check_text(params["result"]["input_message_content"]["message_text"], None)
        self._check_keyboard(params["result"].get("reply_markup"), is_private=False)
        kinds = ("allow_user_chats", "allow_bot_chats", "allow_group_chats", "allow_channel_chats")
        self._check(any(params.get(kind) for kind in kinds), "no chat type allowed")
        self._ids += 1
        return {"id": f"prepared{self._ids}", "expiration_date": int(time.time()) + 86_400}

    async def on_setWebhook(self, params: dict[str, Any]) -> Any:
        url = urlsplit(params["url"])
        self._check(url.scheme == "https" or not params["url"], "bad webhook: An HTTPS URL must be provided")
        self._check((url.port or 443) in (443, 80, 88, 8443), "bad webhook: wrong port")
        secret = params.get("secret_token", "")
        self._check(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret) is not None, "wrong secret token")
        self.webhook = params
        return True

    async def on_deleteWebhook(self, params: dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    async def on_getWebhookInfo(self, params: dict[str, Any]) -> Any:
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
        }

    async def on_setMyCommands(self, params: dict[str, Any]) -> Any:
        for command in params["commands"]:
            good = re.fullmatch(r"[a-z0-9_]{1,32}", command["command"])
            self._check(good is not None and 1 <= len(command["description"]) <= 256, "BOT_COMMAND_INVALID")
        key = (params.get("scope", {"type": "default"})["type"], params.get("language_code", ""))
        self.commands[key] = [command["command"] for command in params["commands"]]
        return True

    async def on_setChatMenuButton(self, params: dict[str, Any]) -> Any:
        self.menu = params.get("menu_button", {})
        return True

    # --- rules --------------------------------------------------------------------------------------------

    def _may_write(self, chat_id: int) -> None:
        if chat_id in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat_id not in self.private and chat_id not in self.groups:
            if chat_id > 0:
                raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
            raise Refusal(400, "Bad Request: chat not found")

    def _check(self, good: bool, problem: str) -> None:
        if not good:
            self.wrong.append(problem)
            raise Refusal(400, f"Bad Request: {problem}")

    def _check_text(self, text: str, entities: list[dict[str, Any]] | None) -> None:
        self._check(len(text.strip()) > 0 and len(text) <= 4_096, "message text is empty or too long")
        units = len(text.encode("utf-16-le")) // 2
        for entity in entities or []:
            inside = entity["offset"] >= 0 and entity["offset"] + entity["length"] <= units
            self._check(inside and entity["length"] > 0, "entity out of the text")
            if entity["type"] == "date_time":
                good = re.fullmatch(r"r|w?[dD]?[tT]?", entity.get("date_time_format", ""))
                self._check(good is not None and entity["unix_time"] > 0, "wrong date_time entity")

    def _check_keyboard(self, markup: dict[str, Any] | None, *, is_private: bool) -> None:
        for row in (markup or {}).get("inline_keyboard", []):
            for button in row:
                self._check(bool(button["text"]), "BUTTON_TEXT_INVALID")
                actions = [key for key in ("url", "callback_data", "web_app") if button.get(key)]
                self._check(len(actions) == 1, "a button does exactly one thing")
                self._check(is_private or "web_app" not in actions, "BUTTON_TYPE_INVALID")
                self._check(len(button.get("callback_data", "").encode()) <= 64, "BUTTON_DATA_INVALID")
                if "url" in actions:
                    host = urlsplit(button["url"]).hostname or ""
                    self._check("." in host, f"inline keyboard button URL '{button['url']}' is invalid")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _types(annotation: Any) -> set[Any]:
    if get_origin(annotation) is None:
        return {annotation}
    if get_origin(annotation) in (Union, UnionType):
        return {found for part in get_args(annotation) for found in _types(part)}
    return {annotation}
