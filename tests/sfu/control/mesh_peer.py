"""A client of the documented mesh, made with aiortc: one connection to each other participant."""

import asyncio

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from sfu.client import ConnectionChanged, Description, PeerDescribed


class MeshPeer:
    """`others`: user ids of those who are there when it enters. tracks: made anew for each connection."""

    def __init__(self, server, room, user, make_tracks, listening):
        self.server, self.room, self.user = server, room, user
        self.session = f"mesh-{user}"
        self._make_tracks, self._listening = make_tracks, listening
        self.pcs, self.listening, self.states, self.said = {}, {}, [], []
        self._inbox = asyncio.Queue()
        self._task = None

    async def enter(self, others):
        self._task = asyncio.create_task(self._run())
        await self.server.join(self.room, self.user, self.session, self._inbox.put_nowait, mesh=True)
        for other in others:
            await self.meet(other)
        return self

    async def meet(self, other):
        if self.user < other:
            pc = self._connect(other)
            self._add_tracks(pc, ("audio", "video"))
            await self.offer(other, pc)

    async def offer(self, other, pc):
        await pc.setLocalDescription(await pc.createOffer())
        await self.say(other, "offer", pc.localDescription.sdp)

    async def say(self, other, kind, sdp):
        await self.server.describe(self.room, self.user, other, Description(kind, sdp))

    def _connect(self, other):
        pc = self.pcs[other] = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        heard = self.listening.setdefault(other, {})

        @pc.on("track")
        def on_track(track: MediaStreamTrack):
            if track.kind not in heard:
                heard[track.kind] = self._listening(track)

        return pc

    def _add_tracks(self, pc, kinds):
        """aiortc fails to answer an offer that has no m-line for a track of ours (1.14)."""
        there = {sender.kind for sender in pc.getSenders() if sender.track}
        for track in self._make_tracks():
            if track.kind in kinds and track.kind not in there:
                pc.addTrack(track)

    async def _run(self):
        while True:
            event = await self._inbox.get()
            self.said.append(event)
            match event:
                case ConnectionChanged(state, peer):
                    self.states.append((peer, state))
                case PeerDescribed(peer, Description("answer", sdp)):
                    await self.pcs[peer].setRemoteDescription(RTCSessionDescription(sdp, "answer"))
                case PeerDescribed(peer, Description("offer", sdp)):
                    pc = self.pcs.get(peer) or self._connect(peer)
                    self._add_tracks(pc, [kind for kind in ("audio", "video") if f"m={kind}" in sdp])
                    await pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
                    await pc.setLocalDescription(await pc.createAnswer())
                    await self.say(peer, "answer", pc.localDescription.sdp)

    def hears(self, user):
        track = self.listening.get(user, {}).get("audio")
        return track.tone_hz() if track else None

    def sees(self, user):
        track = self.listening.get(user, {}).get("video")
        return track.colour() if track else None

    async def drop(self, user):
        """That participant has left."""
        await self._close(user)

    async def _close(self, user):
        pc = self.pcs.pop(user, None)
        if pc is not None:
            await pc.close()
        for each in self.listening.pop(user, {}).values():
            each.task.cancel()
            await asyncio.gather(each.task, return_exceptions=True)

    async def hang_up(self):
        await self.server.leave(self.room, self.user, self.session)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for user in list(self.pcs):
            await self._close(user)
