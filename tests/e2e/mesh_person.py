"""A participant whose client knows the documented protocol alone (`mesh_client/`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Route

from tests.e2e.person import Person
from tests.e2e.waiting import eventually

CLIENT = Path(__file__).with_name("mesh_client")


class MeshPerson(Person):
    """As a Person, but in a page of the tests, which the browser believes to come from the server."""

    async def sign_in(self) -> None:
        await self.page.route("**/mesh-client/**", self._serve)
        await self.page.goto(f"{self.url}/mesh-client/index.html")
        await self._name()

    async def prepare(
        self,
        call_id: str,
        *,
        camera: bool = True,
        microphone: bool = True,
        microphone_after_s: float = 0,
    ) -> None:
        query = f"call={call_id}&microphone_after_ms={microphone_after_s * 1000:.0f}"
        await self.page.goto(f"{self.url}/mesh-client/index.html?{query}")
        await self._name()

    async def enter(
        self,
        call_id: str,
        *,
        camera: bool = True,
        microphone: bool = True,
        microphone_after_s: float = 0,
        at_once: bool = False,
    ) -> None:
        """Such a client comes with its microphone alone; its camera is switched on when all connections
        are up, or in the moment of joining."""
        await self.prepare(call_id, microphone_after_s=microphone_after_s)
        await self._join()
        if not camera:
            return
        if not at_once:
            await self.settled()
        await self.switch_camera()

    async def camera(self, state: str) -> None:
        await self.page.wait_for_selector(f'[data-camera="{state}"]')

    async def settled(self) -> None:
        """Every connection that the page has made is up, and nothing is being agreed on."""

        async def all_up() -> bool:
            return bool(
                await self.page.evaluate(
                    "() => telcallListening.peers.every((peer) => peer.connectionState === 'closed' ||"
                    " (peer.connectionState === 'connected' && peer.signalingState === 'stable'))"
                    " && document.querySelectorAll('figure').length ==="
                    " telcallListening.peers.filter((peer) => peer.connectionState !== 'closed').length"
                )
            )

        await eventually(all_up, f"{self.look.name}'s connections are up")

    async def error(self) -> str:
        """What the page shows in red, and keeps showing."""
        return str(await self.find("error").text_content() or "")

    async def carrier(self) -> int:
        """To whom the connection is by which this page's sound leaves; the only one to carry any."""
        before = await self._packets()
        await asyncio.sleep(1)
        after = await self._packets()
        moving = [user_id for user_id in after if after[user_id] > before.get(user_id, 0)]
        assert len(moving) == 1, f"{self.look.name}'s sound leaves to {moving}"
        return moving[0]

    async def _packets(self) -> dict[int, int]:
        """Packets of sound sent so far, by whom the connection is to. Tiles stand in the order in which the
        connections were made."""
        found: dict[str, int] = await self.page.evaluate(
            """async () => {
              const open = telcallListening.peers.filter((peer) => peer.connectionState !== "closed");
              const videos = [...document.querySelectorAll("video")];
              const packets = {};
              for (const [at, peer] of open.entries()) {
                for (const each of (await peer.getStats()).values()) {
                  if (each.type !== "outbound-rtp" || each.kind !== "audio") continue;
                  const id = videos[at].dataset.testid.replace("video-", "");
                  packets[id] = (packets[id] ?? 0) + each.packetsSent;
                }
              }
              return packets;
            }"""
        )
        return {int(user_id): packets for user_id, packets in found.items()}

    async def leave(self) -> None:
        await self.tap("leave")
        await self.phase("ended")

    async def reload(self) -> None:
        """In the middle of the call, and straight in again, with microphone and camera."""
        await self.page.reload()
        await self._name()
        await self._join()
        await self.settled()
        await self.switch_camera()

    async def continue_in_another_tab(self, call_id: str) -> None:
        """The first one goes on showing its page, and is told that it has been replaced."""
        first, self.page = self.page, await self.context.new_page()
        self.page.set_default_timeout(60_000)
        await self.page.route("**/mesh-client/**", self._serve)
        await self.enter(call_id)
        await first.wait_for_selector('[data-close-code="4409"]')

    async def tap_at(self, test_id: str, at_ms: float) -> None:
        """At a moment of the machine's clock, in ms since the epoch, to the millisecond."""
        await self.page.evaluate(
            """([testId, atMs]) => new Promise((done) => setTimeout(() => {
              document.querySelector(`[data-testid="${testId}"]`).click();
              done();
            }, atMs - Date.now()))""",
            [test_id, at_ms],
        )

    async def switch_camera(self) -> None:
        before = await self.page.evaluate("() => document.body.dataset.camera")
        await self.tap("camera")
        await self.camera("off" if before == "on" else "on")

    async def tiles(self) -> set[str]:
        found = await self.page.evaluate(
            "() => [...document.querySelectorAll('video')].map((e) => e.dataset.testid)"
        )
        return {"tile-self", *(test_id.replace("video-", "tile-") for test_id in found)}

    async def _join(self) -> None:
        await self.tap("join")
        await self.phase("in_call")

    async def _name(self) -> None:
        await self.find("name-input").fill(self.look.name)
        async with self.page.expect_response("**/auth/telegram") as signed_in:
            await self.find("sign-in").click()
        self.id = (await (await signed_in.value).json())["user"]["id"]
        await self.phase("signed_in")

    async def _serve(self, route: Route) -> None:
        name = route.request.url.split("?")[0].rsplit("/", 1)[1]
        await route.fulfill(path=CLIENT / name)
