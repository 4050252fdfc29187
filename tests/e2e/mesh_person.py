"""A participant whose client knows the documented protocol alone (`mesh_client/`)."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Route

from tests.e2e.person import Person

CLIENT = Path(__file__).with_name("mesh_client")


class MeshPerson(Person):
    """As a Person, but in a page of the tests, which the browser believes to come from the server."""

    async def sign_in(self) -> None:
        await self.page.route("**/mesh-client/**", self._serve)
        await self.page.goto(f"{self.url}/mesh-client/index.html")
        await self._name()

    async def prepare(self, call_id: str, *, camera: bool = True, microphone: bool = True) -> None:
        await self.page.goto(f"{self.url}/mesh-client/index.html?call={call_id}")
        await self._name()
        if camera:
            await self.tap("camera")

    async def tiles(self) -> set[str]:
        found = await self.page.evaluate(
            "() => [...document.querySelectorAll('video')].map((e) => e.dataset.testid)"
        )
        return {"tile-self", *(test_id.replace("video-", "tile-") for test_id in found)}

    async def _name(self) -> None:
        await self.find("name-input").fill(self.look.name)
        async with self.page.expect_response("**/auth/telegram") as signed_in:
            await self.find("sign-in").click()
        self.id = (await (await signed_in.value).json())["user"]["id"]
        await self.phase("signed_in")

    async def _serve(self, route: Route) -> None:
        name = route.request.url.split("?")[0].rsplit("/", 1)[1]
        await route.fulfill(path=CLIENT / name)
