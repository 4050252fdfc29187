import itertools

import pytest

from sfu.core.ice import stun
from sfu.core.ice.lite_agent import (
    MAX_PATHS,
    PROOF_US,
    PROVE_TRIES,
    AllowPath,
    ConsentChanged,
    Credentials,
    ForgetPath,
    LiteAgent,
    Path,
    SendMediaTo,
    SendStun,
)

SECOND = 1_000_000
LOCAL, REMOTE = Credentials("ours", "our-password-of-22-chars"), Credentials("them", "their-password")
HOME, AWAY = Path(0, ("192.0.2.1", 5000)), Path(0, ("198.51.100.7", 6000))


@pytest.fixture
def agent() -> LiteAgent:
    numbers = itertools.count(1)
    return LiteAgent(LOCAL, REMOTE, 15 * SECOND, lambda size: next(numbers).to_bytes(size, "big"))


def check(agent, path, now_us, *, nominate=True, username="ours:them", password=LOCAL.password):
    attributes = [
        (stun.USERNAME, username.encode()),
        (stun.ICE_CONTROLLING, bytes(8)),
        (stun.PRIORITY, bytes(4)),
        *([(stun.USE_CANDIDATE, b"")] if nominate else []),
    ]
    data = stun.build(stun.BINDING_REQUEST, bytes(12), attributes, password)
    return agent.receive(stun.parse(data), path, len(data), now_us)


def answer(agent, request: SendStun, now_us, *, path=None, password=REMOTE.password):
    asked = stun.parse(request.data)
    assert asked.has_integrity(REMOTE.password)
    assert asked.username == "them:ours"
    data = stun.build(stun.BINDING_SUCCESS, asked.transaction_id, [], password)
    return agent.receive(stun.parse(data), path or request.path, len(data), now_us)


def connected(agent, now_us=0):
    check(agent, HOME, now_us)
    agent.handshake_datagram(HOME)
    assert agent.handshake_done(now_us) == [SendMediaTo(HOME)]


def asked(outputs) -> list[SendStun]:
    return [
        output
        for output in outputs
        if isinstance(output, SendStun) and stun.parse(output.data).message_type == stun.BINDING_REQUEST
    ]


def media(outputs) -> list[Path | None]:
    return [output.path for output in outputs if isinstance(output, SendMediaTo)]


def test_a_valid_check_is_answered_with_the_address_it_came_from(agent):
    outputs = check(agent, HOME, 0)
    [response] = [output for output in outputs if isinstance(output, SendStun)]
    message = stun.parse(response.data)
    assert message.message_type == stun.BINDING_SUCCESS
    assert message.has_integrity(LOCAL.password)
    mapped = message.get(stun.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    assert stun.parse_xor_address(mapped, message.transaction_id) == HOME.remote
    assert AllowPath(HOME) in outputs
    assert ConsentChanged(alive=True) in outputs


@pytest.mark.parametrize(
    "wrong",
    [{"password": "guessed"}, {"username": "ours:other"}, {"username": "other:them"}, {"username": ""}],
)
def test_an_invalid_check_gets_no_byte(agent, wrong):
    assert check(agent, HOME, 0, **wrong) == []


def test_an_answer_is_never_longer_than_its_request(agent):
    data = stun.build(stun.BINDING_REQUEST, bytes(12), [(stun.USERNAME, b"ours:them")], LOCAL.password)
    path = Path(0, ("2001:db8::1", 5000))
    for size in range(20, 120):
        for output in agent.receive(stun.parse(data), path, size, 0):
            assert not isinstance(output, SendStun) or len(output.data) <= size


def test_no_media_before_the_handshake(agent):
    assert media(check(agent, HOME, 0)) == []


def test_the_address_that_made_the_handshake_gets_media(agent):
    connected(agent)


def test_a_changed_address_gets_media_only_after_it_answered(agent):
    connected(agent)
    outputs = check(agent, AWAY, SECOND)
    assert media(outputs) == []
    [request] = asked(outputs)
    assert request.path == AWAY
    assert media(answer(agent, request, SECOND + 50_000)) == [AWAY]


@pytest.mark.parametrize("forged", [{"path": HOME}, {"password": "guessed"}])
def test_a_forged_answer_proves_nothing(agent, forged):
    connected(agent)
    [request] = asked(check(agent, AWAY, SECOND))
    assert answer(agent, request, SECOND, **forged) == []


def test_a_victim_is_asked_a_bounded_number_of_times_and_gets_no_media(agent):
    connected(agent)
    outputs = check(agent, AWAY, SECOND)
    for now_us in range(SECOND, 10 * SECOND, 50_000):
        outputs += agent.advance(now_us)
    assert len(asked(outputs)) <= PROVE_TRIES
    assert media(outputs) == []


def test_a_handshake_from_two_addresses_proves_neither(agent):
    check(agent, HOME, 0)
    check(agent, AWAY, 0)
    agent.handshake_datagram(HOME)
    agent.handshake_datagram(AWAY)
    outputs = agent.handshake_done(0)
    assert media(outputs) == []
    [request] = asked(outputs)
    assert media(answer(agent, request, 1)) == [AWAY]


def test_a_proof_is_asked_for_again_and_runs_out(agent):
    connected(agent)
    [request] = asked(check(agent, AWAY, 0))
    assert media(answer(agent, request, 0)) == [AWAY]
    outputs = []
    for now_us in range(0, PROOF_US + SECOND, 100_000):
        outputs += check(agent, AWAY, now_us) + agent.advance(now_us)
    assert asked(outputs)
    assert media(outputs) == [None]


def test_a_proof_that_is_renewed_lasts(agent):
    connected(agent)
    [request] = asked(check(agent, AWAY, 0))
    answer(agent, request, 0)
    outputs = []
    for now_us in range(0, 3 * PROOF_US, 100_000):
        outputs += check(agent, AWAY, now_us)
        for request in asked(agent.advance(now_us)):
            outputs += answer(agent, request, now_us)
    assert media(outputs) == []


def test_silence_stops_media_and_a_check_brings_it_back(agent):
    connected(agent)
    assert agent.next_deadline_us() == 15 * SECOND
    assert agent.advance(15 * SECOND) == [ConsentChanged(alive=False), SendMediaTo(None)]
    outputs = check(agent, HOME, 20 * SECOND)
    assert ConsentChanged(alive=True) in outputs
    assert media(outputs) == [HOME]


def test_addresses_are_bounded_and_those_in_use_stay(agent):
    connected(agent)
    outputs = []
    for port in range(1, 30):
        outputs += check(agent, Path(0, ("192.0.2.9", port)), port, nominate=False)
    assert len(agent.paths) == MAX_PATHS
    assert HOME in agent.paths
    assert sum(isinstance(output, ForgetPath) for output in outputs) == 29 + 1 - MAX_PATHS


def test_after_a_restart_only_the_new_credentials_count(agent):
    connected(agent)
    agent.restart(Credentials("new", "new-password-of-22-chars"), REMOTE)
    assert check(agent, HOME, SECOND) == []
    outputs = check(agent, HOME, SECOND, username="new:them", password="new-password-of-22-chars")
    assert any(isinstance(output, SendStun) for output in outputs)


def test_a_path_proven_twice_never_makes_the_clock_spin(agent):
    check(agent, HOME, 0)
    check(agent, AWAY, 0)
    agent.handshake_datagram(HOME)
    agent.handshake_datagram(AWAY)
    [request] = asked(agent.handshake_done(0))
    answer(agent, request, 0)
    agent.handshake_restarted()
    agent.handshake_datagram(AWAY)
    agent.handshake_done(1)
    for now_us in range(0, 3 * PROOF_US, SECOND):
        check(agent, AWAY, now_us)
        agent.advance(now_us)
        deadline_us = agent.next_deadline_us()
        assert deadline_us is None or deadline_us > now_us
