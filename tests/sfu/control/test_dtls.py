import asyncio
import inspect

import pytest
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)

from sfu.control.dtls import MAX_WAITING, PROFILES, Dtls, DtlsCertificate


class _Client:
    """An unmodified aiortc transport in the client's role, joined to ours without a network."""

    def __init__(self, profiles=None):
        self.certificate = RTCCertificate.generateCertificate()
        self.incoming = asyncio.Queue()
        self.to_server = None
        self.role = "controlling"
        self.dtls = RTCDtlsTransport(self, [self.certificate])
        self.dtls._set_role("client")
        if profiles:
            self.dtls._srtp_profiles = profiles

    async def _recv(self):
        return await self.incoming.get()

    async def _send(self, data):
        self.to_server(data)

    @property
    def fingerprints(self):
        return [(each.algorithm, each.value) for each in self.certificate.getFingerprints()]


@pytest.fixture(scope="module")
def certificate():
    return DtlsCertificate.generateCertificate()


async def connect(certificate, client, fingerprints=None, disturb=None):
    server = Dtls(certificate, client.incoming.put_nowait, attempt_timeout_s=2.0)

    def to_server(data):
        if disturb:
            disturb(server)
        server.receive(data)

    client.to_server = to_server
    name, value = certificate.fingerprint
    client_start = asyncio.create_task(
        client.dtls.start(RTCDtlsParameters(fingerprints=[RTCDtlsFingerprint(name, value)]))
    )
    async with asyncio.timeout(20):
        keys = await server.handshake(fingerprints or client.fingerprints)
        if keys is not None:
            await client_start
    client_start.cancel()
    return server, keys


def test_the_private_parts_of_aiortc_that_are_relied_on_are_there():
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    for name in ("_set_role", "_setup_srtp", "_set_state", "_write_ssl", "_do_handshake"):
        assert inspect.isfunction(getattr(RTCDtlsTransport, name))
    transport = RTCDtlsTransport(object(), [RTCCertificate.generateCertificate()])
    assert (transport._state, transport._role, transport._ssl, transport._task) == (
        State.NEW,
        "auto",
        None,
        None,
    )
    assert transport._srtp_profiles is rtcdtlstransport.SRTP_PROFILES
    assert {state.name.lower() for state in State} == {"new", "connecting", "connected", "closed", "failed"}


async def test_both_sides_get_the_same_keys_and_gcm_is_chosen(certificate):
    client = _Client()
    server, keys = await connect(certificate, client)
    assert keys is not None
    assert keys.profile == "AEAD_AES_128_GCM"
    assert len(keys.receive) == len(keys.send) == 16 + 12
    size = 2 * (16 + 12)
    view = client.dtls._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
    assert keys.receive == PROFILES[0].get_key_and_salt(view, 0)
    assert keys.send == PROFILES[0].get_key_and_salt(view, 1)
    await client.dtls.stop()
    await server.stop()


async def test_a_client_without_gcm_gets_the_other_profile(certificate):
    client = _Client([PROFILES[1]])
    server, keys = await connect(certificate, client)
    assert keys is not None
    assert keys.profile == "AES_CM_128_HMAC_SHA1_80"
    assert len(keys.receive) == len(keys.send) == 16 + 14
    await client.dtls.stop()
    await server.stop()


async def test_another_certificate_than_the_offers_gets_no_keys(certificate):
    client = _Client()
    other = RTCCertificate.generateCertificate().getFingerprints()[0]
    server, keys = await connect(certificate, client, [(other.algorithm, other.value)])
    assert keys is None
    await client.dtls.stop()
    await server.stop()


async def test_a_goodbye_of_the_client_is_noticed(certificate):
    client = _Client()
    server, _ = await connect(certificate, client)
    closed = asyncio.create_task(server.closed())
    await asyncio.sleep(0)
    assert not closed.done()
    await client.dtls.stop()
    async with asyncio.timeout(20):
        await closed
    await server.stop()


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x16",
        bytes([22]) * 13,
        b"\x16\xfe\xfd" + bytes(10),
        b"\x16\xfe\xfd" + bytes(8) + b"\xff\xff",
        b"\x17\xfe\xfd" + bytes(8) + b"\x00\x10" + bytes(16),
        bytes([63]) * 1_400,
        b"\x16\xfe\xfd" + bytes(8) + b"\x00\x0c" + b"\x01" + b"\xff" * 11,
        b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
    ],
)
async def test_hostile_datagrams_between_those_of_a_handshake_do_not_hinder_it(certificate, hostile):
    client = _Client()
    server, keys = await connect(certificate, client, disturb=lambda server: server.receive(hostile))
    assert keys is not None
    await client.dtls.stop()
    await server.stop()


async def test_what_waits_for_the_handshake_is_bounded(certificate):
    server = Dtls(certificate, lambda data: None)
    for _ in range(10 * MAX_WAITING):
        server.receive(bytes([63]))
    assert server._pipe._waiting.qsize() == MAX_WAITING
    await server.stop()


async def test_all_connections_share_one_context(certificate):
    first = certificate._create_ssl_context(list(PROFILES))
    assert certificate._create_ssl_context(list(PROFILES)) is first


async def test_no_task_stays_behind(certificate):
    before = asyncio.all_tasks()
    for _ in range(5):
        client = _Client()
        server, _ = await connect(certificate, client)
        await server.stop()
        await client.dtls.stop()
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before


async def test_a_forged_hello_before_the_real_one_does_not_hinder_the_handshake(certificate):
    client = _Client()
    forged = [
        b"\x16\xfe\xfd" + bytes(8) + b"\x00\x10" + b"\x01\x00\x00\x04" + bytes(5) + b"\x00\x00\x04" + bytes(4)
    ]

    def disturb(server):
        if forged:
            server.receive(forged.pop())

    server, keys = await connect(certificate, client, disturb=disturb)
    assert keys is not None
    await client.dtls.stop()
    await server.stop()
