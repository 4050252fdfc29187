"""The server with pages of a real Chromium, each with a tone and a colour of its own."""

import asyncio
import shutil

import pytest
from playwright.async_api import async_playwright

from sfu.client import MediaFlags, Offer, SeatOffer, SeatsChanged, SpeakersChanged

pytestmark = pytest.mark.e2e

FLAGS = [
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PAGE = """
async ({hz, colour, seats, simulcast, width, height}) => {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {width, height});
  const context = canvas.getContext('2d');
  let turn = 0;
  setInterval(() => {
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    context.fillStyle = `rgb(${turn % 256}, ${turn % 256}, ${turn % 256})`;
    context.fillRect(0, 0, 16, 16);
    turn += 8;
  }, 50);
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  tone.frequency.value = hz;
  const sink = audio.createMediaStreamDestination();
  tone.connect(sink);
  tone.start();
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  window.pc = pc;
  window.audio = audio;
  const encodings = simulcast
    ? [{rid: 'q', scaleResolutionDownBy: 4}, {rid: 'h', scaleResolutionDownBy: 2}, {rid: 'f'}]
    : undefined;
  window.microphone = pc.addTransceiver('audio', {direction: 'sendonly'});
  window.camera = pc.addTransceiver('video', {direction: 'sendonly', sendEncodings: encodings});
  window.seats = [];
  for (let seat = 0; seat < seats; seat++) {
    window.seats.push([
      pc.addTransceiver('audio', {direction: 'recvonly'}),
      pc.addTransceiver('video', {direction: 'recvonly'}),
    ]);
  }
  window.send = async () => {
    await microphone.sender.replaceTrack(sink.stream.getAudioTracks()[0]);
    await camera.sender.replaceTrack(canvas.captureStream(20).getVideoTracks()[0]);
  };
  await pc.setLocalDescription();
  return {
    sdp: pc.localDescription.sdp,
    microphone: microphone.mid,
    camera: camera.mid,
    seats: window.seats.map(([a, v]) => [a.mid, v.mid]),
  };
}
"""

ACCEPT = """
async (sdp) => {
  await pc.setRemoteDescription({type: 'answer', sdp});
  window.receivers = {};
  for (const [a, v] of seats) {
    const player = document.createElement('video');
    player.muted = true;
    player.autoplay = true;
    player.srcObject = new MediaStream([v.receiver.track]);
    const silent = new Audio();
    silent.muted = true;
    silent.srcObject = new MediaStream([a.receiver.track]);
    const analyser = audio.createAnalyser();
    analyser.fftSize = 8192;
    audio.createMediaStreamSource(silent.srcObject).connect(analyser);
    receivers[a.mid] = analyser;
    receivers[v.mid] = player;
  }
  await send();
}
"""

HEARD = """
(mid) => {
  const bins = new Float32Array(receivers[mid].frequencyBinCount);
  receivers[mid].getFloatFrequencyData(bins);
  let best = 0;
  for (let i = 1; i < bins.length; i++) if (bins[i] > bins[best]) best = i;
  return bins[best] > -50 ? best * audio.sampleRate / 8192 : null;
}
"""

SEEN = """
(mid) => {
  const player = receivers[mid];
  if (!player.videoWidth) return null;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, {width: 1, height: 1});
  const context = canvas.getContext('2d');
  context.drawImage(player, player.videoWidth / 2, player.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  return {colour: [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)], height: player.videoHeight};
}
"""

COLOURS = {"#ff0000": (255, 0, 0), "#00ff00": (0, 255, 0), "#0000ff": (0, 0, 255)}


class Page:
    def __init__(self, page, server, user, hz, colour):
        self.page, self.server, self.user, self.hz, self.colour = page, server, user, hz, colour
        self.seats, self.states, self.speakers = (), [], set()

    def heard(self, event):
        if isinstance(event, SeatsChanged):
            self.seats = event.seats
        elif isinstance(event, SpeakersChanged):
            self.speakers |= {user for user, _ in event.speakers}
        else:
            self.states.append(event.state)

    async def enter(self, *, simulcast=False, width=320, height=240):
        made = await self.page.evaluate(
            PAGE,
            {
                "hz": self.hz,
                "colour": self.colour,
                "seats": 3,
                "simulcast": simulcast,
                "width": width,
                "height": height,
            },
        )
        await self.server.join("room", self.user, f"session-{self.user}", self.heard)
        self.server.set_media("room", self.user, MediaFlags(audio=True, video=True, screen=False))
        offer = Offer(
            1,
            made["sdp"],
            {made["microphone"]: "microphone", made["camera"]: "camera"},
            [SeatOffer(number, audio, video) for number, (audio, video) in enumerate(made["seats"])],
        )
        self.offer = offer
        answer = await self.server.answer("room", self.user, offer)
        await self.page.evaluate(ACCEPT, answer)
        return self

    async def perceives(self, other):
        seat = next((seat for seat in self.seats if seat.participant == other.user), None)
        if seat is None:
            return False
        heard_hz = await self.page.evaluate(HEARD, seat.audio_mid)
        seen = await self.page.evaluate(SEEN, seat.video_mid)
        if heard_hz is None or seen is None:
            return False
        near = all(abs(a - b) < 60 for a, b in zip(seen["colour"], COLOURS[other.colour], strict=True))
        return near and abs(heard_hz - other.hz) < 20

    async def height_of(self, other):
        seat = next(seat for seat in self.seats if seat.participant == other.user)
        seen = await self.page.evaluate(SEEN, seat.video_mid)
        return seen and seen["height"]


@pytest.fixture
async def browser():
    path = shutil.which("chromium")
    assert path, "these tests need Debian's chromium"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
def open_page(browser, server):
    async def open_page(user, hz, colour):
        context = await browser.new_context()
        return Page(await context.new_page(), server, user, hz, colour)

    return open_page


@pytest.fixture
def until(eventually):
    """Like `eventually`, for conditions that have to ask a page."""

    async def until(condition, timeout_s=60.0):
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - a page tells nothing by itself
                await asyncio.sleep(0.2)

    return until


async def test_three_pages_hear_and_see_each_other(open_page, until, server):
    pages = [
        await open_page(1, 440, "#ff0000"),
        await open_page(2, 660, "#00ff00"),
        await open_page(3, 880, "#0000ff"),
    ]
    for page in pages:
        await page.enter()

    async def all_perceive_all():
        return all([await a.perceives(b) for a in pages for b in pages if a is not b])

    await until(all_perceive_all)
    assert [page.states for page in pages] == [["connected"]] * 3

    async def all_are_speakers():
        return all(page.speakers == {1, 2, 3} for page in pages)

    await until(all_are_speakers)
    assert server.stats().srtp_failures == 0


async def test_of_three_simulcast_layers_the_top_one_is_sent(open_page, until):
    sender = await open_page(1, 440, "#ff0000")
    await sender.enter(simulcast=True, width=640, height=480)
    watcher = await open_page(2, 660, "#00ff00")
    await watcher.enter()

    async def full_size():
        return await watcher.perceives(sender) and await watcher.height_of(sender) == 480

    await until(full_size)


async def test_a_page_and_a_python_peer_meet(open_page, until, enter, eventually):
    page = await (await open_page(1, 440, "#ff0000")).enter()
    peer = await enter(2, hz=660, colour="green")
    await eventually(lambda: peer.hears(1) is not None and abs(peer.hears(1) - 440) < 20)

    async def page_hears_peer():
        seat = next((seat for seat in page.seats if seat.participant == 2), None)
        if seat is None:
            return False
        heard_hz = await page.page.evaluate(HEARD, seat.audio_mid)
        seen = await page.page.evaluate(SEEN, seat.video_mid)
        return (
            heard_hz is not None and abs(heard_hz - 660) < 20 and seen is not None and seen["colour"][1] > 150
        )

    await until(page_hears_peer)


RENEGOTIATE = """
async () => {
  pc.restartIce();
  pc.addTransceiver('video', {direction: 'sendonly'});
  await pc.setLocalDescription();
  return pc.localDescription.sdp;
}
"""


async def test_an_ice_restart_with_a_further_m_line_keeps_the_picture(open_page, until):
    page = await open_page(1, 440, "#ff0000")
    other = await open_page(2, 660, "#00ff00")
    await page.enter()
    await other.enter()

    async def both_perceive():
        return await page.perceives(other) and await other.perceives(page)

    await until(both_perceive)
    sdp = await page.page.evaluate(RENEGOTIATE)
    offer = Offer(2, sdp, page.offer.tracks, page.offer.seats)
    answer = await page.server.answer("room", 1, offer)
    assert [line for line in answer.splitlines() if line.startswith("m=")][-1].split()[1] == "0"
    await page.page.evaluate("async (sdp) => pc.setRemoteDescription({type: 'answer', sdp})", answer)

    async def reconnected():
        return await page.page.evaluate("pc.connectionState") == "connected" and await both_perceive()

    await asyncio.sleep(3)
    await until(reconnected)
    assert page.states == ["connected"]
