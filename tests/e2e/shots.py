"""Pictures of pages, left to look at; and what must hold on each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.async_api import Page

TEXTS = Path(__file__).parents[2] / "frontend" / "src" / "i18n" / "en.json"
KEY = re.compile(rf"({'|'.join(json.loads(TEXTS.read_text()))})\.\w[\w.]*")
"""A text that is missing is shown as its key."""

CUT_OFF = """
() => [...document.querySelectorAll("main *, dialog *")].filter((element) => {
  const overflows = element.scrollWidth > element.clientWidth + 1;
  if (element.matches("button, a")) return overflows;
  const { overflowX, textOverflow } = getComputedStyle(element);
  const holdsText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const meant = textOverflow === "ellipsis" || element.closest(".sr-only, .line-clamp-2") !== null;
  return holdsText && !meant && overflowX !== "visible" && overflows;
}).map((element) => element.innerText)
"""


class Camera:
    """Takes pictures of a page into a folder."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page, self._folder = page, folder
        folder.mkdir(parents=True, exist_ok=True)

    async def shoot(self, name: str, *, whole: bool = False) -> None:
        """whole: of what one has to scroll to as well."""
        page = self._page
        await page.wait_for_timeout(500)  # transitions have come to rest
        await page.screenshot(path=self._folder / f"{name}.png", full_page=whole)
        wider = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{name} is {wider} px too wide"
        text = await page.evaluate("() => document.body.innerText")
        raw = [word for word in text.split() if KEY.fullmatch(word)]
        assert not raw, f"{name} shows keys instead of texts: {raw}"
        cut = await page.evaluate(CUT_OFF)
        assert not cut, f"{name} cuts off {cut}"
