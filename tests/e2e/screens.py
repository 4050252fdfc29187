"""Shared screens: what headless browsers share, and whether others get it."""

from __future__ import annotations

from tests.e2e.fake_media import Look
from tests.e2e.person import AUDIBLE_DB, COLOUR_TOLERANCE, Person

SCREEN = Look("screen", 1_900, (40, 190, 190))
FAKE_SCREEN = """
([rgb, hz]) => {
  // A headless browser has no screen; this is one of one colour that hums.
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const brush = canvas.getContext("2d");
  navigator.mediaDevices.getDisplayMedia = async () => {
    const context = new AudioContext();
    const [hum, gain] = [context.createOscillator(), context.createGain()];
    const sound = context.createMediaStreamDestination();
    hum.frequency.value = hz;
    gain.gain.value = 0.25;
    hum.connect(gain).connect(sound);
    hum.start();
    const stream = canvas.captureStream(10);
    setInterval(() => {
      brush.fillStyle = `rgb(${rgb.join()})`;
      brush.fillRect(0, 0, 1280, 720);
    }, 100);
    stream.addTrack(sound.stream.getAudioTracks()[0]);
    return stream;
  };
}
"""


async def switch_screen(person: Person) -> None:
    await person.tap("more")
    await person.tap("screen")


async def gets_screen(listener: Person, owner: Person) -> bool:
    tile = f"{owner.id}-screen"
    found = await listener.page.evaluate("(id) => telcallListening.colour(id)", tile)
    if not found or any(abs(a - b) > COLOUR_TOLERANCE for a, b in zip(found, SCREEN.rgb, strict=True)):
        return False
    levels = await listener.page.evaluate(
        "([id, hz]) => telcallListening.levels(id, hz)", [tile, [SCREEN.hz, owner.look.hz]]
    )
    return bool(levels) and levels[0] > AUDIBLE_DB and levels[1] < levels[0] - 25
