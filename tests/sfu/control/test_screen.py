"""A shared screen: a second picture of somebody, on a seat of its own."""

from sfu.client import MediaFlags, Offer
from tests.sfu.control.media import Colour, Tone

SHARING, NOT_SHARING = (MediaFlags(audio=True, video=True, screen=on) for on in (True, False))


async def share(peer, server):
    """Its screen is blue and sounds with 1,320 Hz."""
    picture = peer.pc.addTransceiver(Colour("blue"), direction="sendonly")
    sound = peer.pc.addTransceiver(Tone(1_320), direction="sendonly")
    offer = peer.offer

    def with_screen(sdp):
        made = offer(sdp)
        tracks = dict(made.tracks) | {picture.mid: "screen", sound.mid: "screen"}
        return Offer(made.offer_id, made.sdp, tracks, made.seats)

    peer.offer = with_screen
    await peer.negotiate()
    server.set_media("room", peer.user, SHARING)


def screen_of(listener, user):
    seats = listener.seatings[-1].seats
    return next((seat for seat in seats if (seat.participant, seat.source) == (user, "screen")), None)


async def test_a_screen_with_its_sound_comes_on_a_seat_beside_the_camera(enter, eventually, server):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter(2, hz=660, colour="green")
    await eventually(lambda: boris.sees(1) == "red")
    await share(anna, server)
    seat = screen_of(boris, 1)
    assert seat is not None
    assert seat.video == "on"
    await eventually(lambda: boris.listening[seat.video_mid].colour() == "blue")
    await eventually(lambda: abs((boris.listening[seat.audio_mid].tone_hz() or 0) - 1_320) < 15)
    assert boris.sees(1) == "red"
    server.set_media("room", 1, NOT_SHARING)
    assert screen_of(boris, 1) is None
    frames = boris.listening[boris.seat_of(1).video_mid].frames
    await eventually(lambda: boris.listening[boris.seat_of(1).video_mid].frames > frames + 20)


async def test_a_client_with_one_picture_of_everybody_sees_the_screen_while_it_is_shared(
    enter, enter_mesh, eventually, server
):
    anna = await enter(1, hz=440, colour="red")
    boris = await enter_mesh(2, hz=660, colour="green")
    await eventually(lambda: boris.sees(1) == "red")
    await share(anna, server)
    await eventually(lambda: boris.sees(1) == "blue")
    server.set_media("room", 1, NOT_SHARING)
    await eventually(lambda: boris.sees(1) == "red")
