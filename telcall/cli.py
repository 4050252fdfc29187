"""The command line: `telcall serve`, `config`, `db`, `join`, `check`, `rooms`, `bot`, `openapi`, `version`.

Commands import what they need when they run: `telcall version` need not load a media server.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from telcall.errors import StartFailed
from telcall.settings import Loaded, Settings, SettingsInvalid, load

if TYPE_CHECKING:
    from telcall.rooms import Ask, Show

EXIT_FAILED = 1
EXIT_WRONG_SETTINGS = 2

app = typer.Typer(
    help="Audio and video calls inside Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
rooms = typer.Typer(help="Running calls of a server; TELCALL_ADMIN_TOKEN opens it.")
app.add_typer(rooms, name="rooms")
bot = typer.Typer(help="The bot's webhook; BOT_TOKEN says which bot.", no_args_is_help=True)
app.add_typer(bot, name="bot")
db = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(db, name="db")

ServerUrl = Annotated[
    str | None, typer.Option("--url", help="The server; default: the one these settings start.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the server's answer, for programs.")]
CallId = Annotated[str, typer.Argument(help="A call's id.")]


@app.command()
def serve(
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Serve no Mini App: REST, WebSocket and SFU alone.")
    ] = False,
) -> None:
    """Serve everything: REST, WebSocket, SFU, Mini App, until Ctrl-C or SIGTERM."""
    from telcall.run import run

    loaded = _load()
    try:
        run(loaded, api_only=api_only)
    except StartFailed as error:
        _fail(error)


@app.command()
def config() -> None:
    """Print every setting in force, secrets masked, and where each came from."""
    from telcall.settings_report import effective

    loaded = _load()
    rows = effective(loaded)
    name_width = max(len(row.name) for row in rows)
    value_width = max(len(row.value) for row in rows)
    for row in rows:
        typer.echo(f"{row.name:<{name_width}}  {row.value:<{value_width}}  {row.origin}")
    for name in loaded.unknown:
        typer.echo(f"unknown setting, ignored: {name}", err=True)


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema, as every start does."""
    from telcall.databases import upgrade_only

    _on_database(upgrade_only)


@db.command(context_settings={"ignore_unknown_options": True})  # -1 is a revision
def downgrade(
    revision: Annotated[str, typer.Argument(help="Such as 0001, -1 (one back) or base (nothing of ours).")],
) -> None:
    """Go back to an older schema. What only newer ones keep is lost."""
    from telcall.databases import downgrade_only

    _on_database(lambda settings: downgrade_only(settings, revision))


@db.command()
def current() -> None:
    """Print the schema the database is at, and whether it is the newest."""
    from telcall.databases import current_only

    _on_database(current_only)


@app.command()
def join(
    call: Annotated[str, typer.Argument(help="A call's id, or a link to it.")],
    play: Annotated[Path | None, typer.Option(help="A file to send, over and over; else a tone.")] = None,
    record: Annotated[Path | None, typer.Option(help="A folder for what is heard, a file a person.")] = None,
    video: Annotated[bool, typer.Option("--video", help="Record what is seen, too.")] = False,
    url: Annotated[str, typer.Option(help="The server.")] = "http://localhost:8080",
    name: Annotated[str, typer.Option(help="Whom to sign in as, where dev sign-in is on.")] = "telcall join",
    token: Annotated[
        str | None, typer.Option(envvar="TELCALL_TOKEN", help="Instead: an access token.")
    ] = None,
    documented: Annotated[bool, typer.Option(help="Speak the mesh protocol, as old clients do.")] = False,
) -> None:
    """Join a call from here: play a file, record the others, until Ctrl-C."""
    from telcall import logs
    from telcall.join import Joining, join

    protocol: Literal["telcall.v2", "documented"] = "documented" if documented else "telcall.v2"
    try:
        with logs.quiet():  # what it says is for people
            asyncio.run(join(Joining(call, url, name, token, play, record, video, protocol)))
    except StartFailed as error:
        _fail(error)


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="The server.")] = "http://localhost:8080",
    name: Annotated[str, typer.Option(help="Whom to sign in as, where dev sign-in is on.")] = "telcall check",
    token: Annotated[
        str | None, typer.Option(envvar="TELCALL_TOKEN", help="Instead: an access token.")
    ] = None,
) -> None:
    """Try every way to a server's media port from here; 1: none works."""
    from telcall import logs
    from telcall.check import check, show

    try:
        with logs.quiet():
            found = asyncio.run(check(url, name, token))
    except StartFailed as error:
        _fail(error)
    show(found)
    if all(each.failure is not None for each in found):
        raise typer.Exit(EXIT_FAILED)


@rooms.callback(invoke_without_command=True)
def rooms_or_list(context: typer.Context, url: ServerUrl = None, as_json: AsJson = False) -> None:
    """Running calls of a server; TELCALL_ADMIN_TOKEN opens it. Without a command: list them."""
    if context.invoked_subcommand is None:
        list_rooms(url, as_json)
    elif url is not None or as_json:
        raise typer.BadParameter("--url and --json go after the command")


@rooms.command("list")
def list_rooms(url: ServerUrl = None, as_json: AsJson = False) -> None:
    """List running calls, the oldest first."""
    from telcall.rooms import rooms_table

    _ask(url, lambda client: client.rooms(), rooms_table, as_json)


@rooms.command()
def show(call: CallId, url: ServerUrl = None, as_json: AsJson = False) -> None:
    """Show who is in a call."""
    from telcall.rooms import room_table

    _ask(url, lambda client: client.room(call), room_table, as_json)


@rooms.command()
def end(call: CallId, url: ServerUrl = None, as_json: AsJson = False) -> None:
    """End a call for everybody in it."""
    from telcall.rooms import ended_line

    _ask(url, lambda client: client.end(call), ended_line, as_json)


@rooms.command()
def remove(
    call: CallId,
    user: Annotated[int, typer.Argument(help="Their user id, as `show` tells it.")],
    url: ServerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take somebody out of a call."""
    from telcall.rooms import removed_line

    _ask(url, lambda client: client.remove(call, user), removed_line, as_json)


@bot.command("set")
def set_bot_webhook() -> None:
    """Let Telegram bring the bot's updates to TELCALL_PUBLIC_URL; set commands and menu button."""
    from telcall.bot import set_webhook

    _tell_of_bot(set_webhook)


@bot.command("info")
def show_bot() -> None:
    """Show the bot, where its updates go, and what went wrong with them last."""
    from telcall.bot import webhook_lines

    _tell_of_bot(webhook_lines)


@bot.command("delete")
def delete_bot_webhook() -> None:
    """Let Telegram bring the bot's updates nowhere, as before polling."""
    from telcall.bot import delete_webhook

    _tell_of_bot(delete_webhook)


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from api.openapi import openapi_document
    from api.routes.table import ROUTES

    typer.echo(json.dumps(openapi_document(ROUTES), indent=2, ensure_ascii=False))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(installed_version("telcall"))


def main() -> None:
    app()


def _on_database(work: Callable[[Settings], Coroutine[Any, Any, str]]) -> None:
    from telcall import logs

    settings = _load().settings
    try:
        with logs.quiet():  # what it says is for people
            typer.echo(asyncio.run(work(settings)))
    except StartFailed as error:
        _fail(error)


def _ask(url: str | None, asking: Ask, shown: Show, as_json: bool) -> None:
    from telcall.rooms import Server, ask

    settings = _load().settings
    try:
        typer.echo(ask(Server.of(settings, url), asking, shown, as_json=as_json))
    except StartFailed as error:
        _fail(error)


def _tell_of_bot(do: Callable[[Settings], str]) -> None:
    settings = _load().settings
    try:
        typer.echo(do(settings))
    except StartFailed as error:
        _fail(error)


def _load() -> Loaded:
    """The settings, or every problem in them, a line each, and an end."""
    try:
        return load()
    except SettingsInvalid as error:
        for problem in error.problems:
            typer.echo(f"telcall: {problem}", err=True)
        raise typer.Exit(EXIT_WRONG_SETTINGS) from None


def _fail(error: StartFailed) -> NoReturn:
    if error.log:
        typer.echo(error.log, err=True)
    typer.echo(f"telcall: {error}", err=True)
    sys.stderr.flush()
    raise typer.Exit(EXIT_FAILED) from None
