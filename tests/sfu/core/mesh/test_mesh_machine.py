"""A mesh client's page against the virtual peers, with every order of messages that one socket allows."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sfu.core.ice.lite_agent import Credentials
from sfu.core.mesh.mesh_client import MeshClient
from sfu.core.mesh.virtual_peer import CROSSING_US, Say
from tests.sfu.core.mesh.browser import Page

USER = 5
PEERS = st.sampled_from([1, 3, 7, 9])
QUIET_TURNS = 40
STEP_US = 1_000_000
""">= CROSSING_US: everything is delivered before time passes."""


class MeshMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        mids, ufrags = itertools.count(), itertools.count()
        self.now_us = 0
        self.waits_for_microphone = False
        self.page = Page(USER)
        self.client = MeshClient(
            USER,
            new_mid=lambda: f"t{next(mids)}",
            new_credentials=lambda: Credentials(f"ours{next(ufrags)}", "q" * 24),
        )
        self.cameras = set()
        self.heard, self.past = {}, set()

    def tell(self, told):
        for each in told:
            if isinstance(each.output, Say):
                self.page.inbox.append((each.peer, each.output))

    def drain(self):
        while (self.page.inbox and not self.waits_for_microphone) or self.page.outbox:
            if self.page.outbox:
                self.server_takes_a_message()
            else:
                self.page.take()

    @initialize(peers=st.sets(PEERS, min_size=1), camera=st.booleans(), prompt=st.booleans())
    def begin(self, peers, camera, prompt):
        self.page.camera = camera
        self.waits_for_microphone = prompt
        for peer in sorted(peers):
            self.join(peer)

    def join(self, peer):
        self.page.inbox.append((peer, "joined"))
        self.tell(self.client.add_peer(peer, self.now_us))

    @rule(peer=PEERS)
    def somebody_joins(self, peer):
        if peer not in self.client.peers:
            self.join(peer)

    @rule(peer=PEERS)
    def somebody_leaves(self, peer):
        if peer in self.client.peers:
            self.page.inbox.append((peer, "left"))
            self.past |= self.heard.pop(peer, set())
            self.tell(self.client.remove_peer(peer, self.now_us))
            self.cameras.discard(peer)

    @rule(peer=PEERS)
    def somebody_has_a_camera(self, peer):
        if peer in self.client.peers:
            self.cameras.add(peer)
            self.tell(self.client.carry_video(peer, self.now_us))

    @rule()
    def microphone_is_there(self):
        self.waits_for_microphone = False

    @precondition(lambda self: self.page.inbox and not self.waits_for_microphone)
    @rule()
    def page_takes_a_message(self):
        self.page.take()

    @precondition(lambda self: self.page.outbox)
    @rule()
    def server_takes_a_message(self):
        """Signaling hands on nothing of a connection that it knew and that is of the past."""
        peer, kind, description = self.page.outbox.popleft()
        if peer in self.client.peers and description.session_id not in self.past:
            self.heard.setdefault(peer, set()).add(description.session_id)
            self.tell(self.client.receive(peer, kind, description, self.now_us))

    @rule()
    def camera_is_toggled(self):
        self.page.toggle_camera()

    @rule(kind=st.sampled_from(["audio", "video"]))
    def nothing_comes_of_an_upload(self, kind):
        elected = self.client.elected(kind)
        if elected is not None and self.client.peers[elected].upload(kind) is not None:
            self.tell(self.client.silent(elected, kind, self.now_us))

    @rule(peer=PEERS)
    def ice_is_restarted(self, peer):
        if peer in self.page.pcs:
            self.page.restart_ice(peer)

    @rule(step_us=st.sampled_from([10_000, 300_000, 1_100_000, 7_000_000]))
    def time_passes(self, step_us):
        """No message takes as long as a second, unless the page waits for its microphone."""
        if step_us >= CROSSING_US:
            self.drain()
        self.now_us += step_us
        self.tell(self.client.advance(self.now_us))

    def teardown(self):
        self.waits_for_microphone = False
        for _ in range(QUIET_TURNS):
            self.time_passes(STEP_US)
        assert not self.page.inbox, "the server has not come to rest"
        assert self.page.pcs.keys() == self.client.peers.keys()
        self.check_downlinks()
        for kind, has_track in (("audio", True), ("video", self.page.camera)):
            self.check_upload(kind, has_track)

    def check_downlinks(self):
        for peer, virtual in self.client.peers.items():
            pc = self.page.pcs[peer]
            assert pc.state == "stable"
            for kind in ("audio", *(["video"] if peer in self.cameras else [])):
                line = virtual.downlink(kind)
                assert line is not None, f"{kind} of {peer} does not go out"
                assert pc.is_receiving(line.mid), f"the client does not take {kind} of {peer}"
            assert virtual.remote is not None
            assert virtual.remote.ufrag == pc.ufrag

    def check_upload(self, kind, has_track):
        taken = [peer for peer, virtual in self.client.peers.items() if virtual.upload(kind) is not None]
        sent = [peer for peer, pc in self.page.pcs.items() if pc.is_sending(kind)]
        assert taken == sent
        assert len(taken) == (1 if has_track and self.client.peers else 0)


TestMesh = MeshMachine.TestCase
TestMesh.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)


def test_a_microphone_that_is_allowed_after_minutes_is_heard():
    for repetitions in range(20):
        state = MeshMachine()
        state.begin(peers={1, 9}, camera=False, prompt=True)
        for _ in range(repetitions):
            state.time_passes(7_000_000)
        state.teardown()


def test_a_track_that_a_lost_offer_left_on_no_line_is_asked_for():
    state = MeshMachine()
    state.begin(peers={7, 9}, camera=False, prompt=False)
    for _ in range(2):
        state.page_takes_a_message()
    for _ in range(2):
        state.server_takes_a_message()
    # Two offers of ours and two of the client's cross, and no answer to its first ones has come.
    state.somebody_has_a_camera(9)
    state.camera_is_toggled()
    state.nothing_comes_of_an_upload("audio")
    state.teardown()
