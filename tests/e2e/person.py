"""A participant in a Chromium process of its own, who uses the Mini App as people do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Page, Playwright

from tests.e2e.fake_media import LOOKS, Look, write_colour, write_tone

TONES = tuple(look.hz for look in LOOKS)
PHONE = {"width": 390, "height": 844}
LISTENING = Path(__file__).with_name("listening.js")
AUDIBLE_DB = -55
"""Level from which a tone is heard. Played at a quarter of full scale it arrives with about -20 dB."""
SILENT_DB = -75
COLOUR_TOLERANCE = 45
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that Playwright hands out itself (`mesh_client/`) counts as none of this machine.
    "--disable-features=LocalNetworkAccessChecks",
]


async def launch(
    playwright: Playwright,
    look: Look,
    folder: Path,
    *,
    program: str | None = None,
    voice: Path | None = None,
    flags: Sequence[str] = (),
) -> Browser:
    """A browser whose microphone gives the tone and whose camera gives the colour of `look`.

    program: what starts Chromium, where it is to be somewhere else. voice: a WAV instead of the tone.
    """
    path = program or shutil.which("chromium")
    assert path, "browser tests need Debian's chromium: apt-get install chromium"
    tone, colour = folder / f"{look.name}.wav", folder / f"{look.name}.y4m"
    if not tone.exists():
        write_tone(tone, look.hz)
        write_colour(colour, look.rgb)
    return await playwright.chromium.launch(
        executable_path=path,
        args=[
            *FLAGS,
            *flags,
            f"--use-file-for-fake-audio-capture={voice or tone}",
            f"--use-file-for-fake-video-capture={colour}",
        ],
    )


COUNT_LEAVING = """
(id) => {
  window.gone = 0;
  new MutationObserver(() => {
    if (!document.querySelector(`[data-testid="tile-${id}"]`)) window.gone += 1;
  }).observe(document.body, { childList: true, subtree: true });
}
"""
NO_DIRECT_WAY = """
(() => {
  // As behind two strict networks: neither side tells the other an address.
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const message = JSON.parse(data);
    if (message.type === "ice_candidate") return;
    if (message.type === "offer" || message.type === "answer") {
      message.payload.sdp = message.payload.sdp.replace(/^a=candidate:.*\\r\\n/gm, "");
    }
    send.call(this, JSON.stringify(message));
  };
})();
"""


class Person:
    """One page of one person, signed in by the page for it."""

    def __init__(self, look: Look, context: BrowserContext, page: Page, url: str) -> None:
        self.look, self.context, self.page, self.url = look, context, page, url
        self.id = 0
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    @classmethod
    async def arrive(cls, browser: Browser, look: Look, url: str, *, language: str = "en") -> Self:
        """Opens the page and signs in with the name of `look`."""
        context = await browser.new_context(viewport=PHONE, locale=language)
        await context.add_init_script("localStorage.setItem('telcall.audioProcessing', 'off')")
        await context.add_init_script(path=LISTENING)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        person = cls(look, context, page, url)
        await person.sign_in()
        return person

    async def sign_in(self) -> None:
        await self.page.goto(self.url)
        await self.find("name-input").fill(self.look.name)
        async with self.page.expect_response("**/auth/telegram") as signed_in:
            await self.find("sign-in").click()
        self.id = (await (await signed_in.value).json())["user"]["id"]
        await self.find("create-audio").wait_for()

    async def without_a_direct_way(self) -> None:
        """From the next page on."""
        await self.context.add_init_script(NO_DIRECT_WAY)

    def find(self, test_id: str) -> Any:
        return self.page.get_by_test_id(test_id)

    # --- what people do -----------------------------------------------------------------------------

    async def create_call(self) -> str:
        """A video call by the buttons; stays on the page that shows its link. Returns the call's id."""
        await self.page.goto(self.url)
        await self.find("create-video").click()
        await self.page.wait_for_url("**/call-created/*")
        return self.page.url.rsplit("/", 1)[1]

    async def prepare(self, call_id: str, *, camera: bool = True, microphone: bool = True) -> None:
        """Opens the call's link and chooses what to bring, up to the last tap."""
        await self.page.goto(f"{self.url}/call/{call_id}")
        for test_id, wanted in (("prejoin-mic", microphone), ("prejoin-camera", camera)):
            if (await self.find(test_id).get_attribute("aria-pressed") == "true") != wanted:
                await self.find(test_id).click()

    async def enter(self, call_id: str, *, camera: bool = True, microphone: bool = True) -> None:
        await self.prepare(call_id, camera=camera, microphone=microphone)
        await self.find("join").click()
        await self.phase("in_call")

    async def leave(self) -> None:
        await self.find("leave").click()
        await self.phase("ended")

    async def tap(self, test_id: str) -> None:
        await self.find(test_id).click()

    # --- what they get ------------------------------------------------------------------------------

    async def phase(self, phase: str) -> None:
        await self.page.wait_for_selector(f'[data-testid="call-phase"][data-phase="{phase}"]')

    async def topology(self, mode: str) -> None:
        await self.page.wait_for_selector(f'[data-testid="call-phase"][data-topology="{mode}"]')

    async def sees_tiles_of(self, others: Sequence[int]) -> bool:
        """Exactly these remote participants are on the screen."""
        return await self.tiles() == {"tile-self", *(f"tile-{other}" for other in others)}

    async def tiles(self) -> set[str]:
        found = await self.page.evaluate(
            """() => [...document.querySelectorAll('[data-testid^="tile-"]')].map((e) => e.dataset.testid)"""
        )
        return set(found)

    async def watch_for_leaving(self, user_id: int) -> None:
        """From now on; `times_gone` tells how often."""
        await self.page.evaluate(COUNT_LEAVING, user_id)

    async def times_gone(self) -> int:
        """How often the page was drawn without the tile of whom it is watched for."""
        return int(await self.page.evaluate("() => window.gone"))

    async def failure(self) -> str:
        """Why the call page says that there is no call."""
        alert = self.page.locator("[data-failure]")
        await alert.wait_for()
        return str(await alert.get_attribute("data-failure"))

    async def levels(self, user_id: int, tones: Sequence[int] = TONES) -> dict[int, int] | None:
        """dB at each of `tones` in what is played of `user_id`; None: nothing is played."""
        found = await self.page.evaluate(
            "([id, hz]) => telcallListening.levels(id, hz)", [user_id, list(tones)]
        )
        return dict(zip(tones, found, strict=True)) if found else None

    async def colour(self, user_id: int) -> tuple[int, int, int] | None:
        found = await self.page.evaluate("(id) => telcallListening.colour(id)", user_id)
        return tuple(found) if found else None

    async def hears(self, user_id: int, look: Look) -> bool:
        """That tone, and nobody else's, is what the page plays of `user_id`."""
        levels = await self.levels(user_id)
        if levels is None or levels[look.hz] < AUDIBLE_DB:
            return False
        return all(level < levels[look.hz] - 25 for hz, level in levels.items() if hz != look.hz)

    async def hears_nothing_of(self, user_id: int) -> bool:
        levels = await self.levels(user_id)
        return levels is None or max(levels.values()) < SILENT_DB

    async def sees(self, user_id: int, look: Look) -> bool:
        found = await self.colour(user_id)
        return found is not None and all(
            abs(a - b) <= COLOUR_TOLERANCE for a, b in zip(found, look.rgb, strict=True)
        )

    async def sends(self) -> dict[str, int]:
        """How many streams of each kind leave this browser, watched for a second."""
        before = await self.page.evaluate("() => telcallListening.sent()")
        await asyncio.sleep(1)
        after = await self.page.evaluate("() => telcallListening.sent()")
        moving = {"audio": 0, "video": 0}
        for stream, now in after.items():
            if now["packets"] > before.get(stream, {"packets": 0})["packets"]:
                moving[now["kind"]] += 1
        return moving
