from sfu.core.rtcp.reception import ReceptionStatistics
from sfu.core.rtp.ntp import from_unix_us, middle32

CLOCK_RATE = 48_000


def test_loss_is_counted_over_the_interval_and_in_all():
    reception = ReceptionStatistics(7, CLOCK_RATE, 100)
    for seq in (100, 101, 103):
        reception.receive(seq, seq * 960, seq * 20_000)
    block = reception.report(3_000_000)
    assert (block.ssrc, block.packets_lost, block.fraction_lost, block.highest_seq) == (7, 1, 64, 103)
    reception.receive(104, 104 * 960, 104 * 20_000)
    block = reception.report(4_000_000)
    assert (block.packets_lost, block.fraction_lost) == (1, 0)


def test_an_even_stream_has_no_jitter_and_an_uneven_one_has():
    even = ReceptionStatistics(7, CLOCK_RATE, 0)
    uneven = ReceptionStatistics(7, CLOCK_RATE, 0)
    for seq in range(100):
        even.receive(seq, seq * 960, seq * 20_000)
        uneven.receive(seq, seq * 960, seq * 20_000 + 10_000 * (seq % 2))
    assert even.report(0).jitter == 0
    assert 300 < uneven.report(0).jitter < 600  # 10 ms are 480 units


def test_the_delay_since_the_last_sender_report_is_told():
    reception = ReceptionStatistics(7, CLOCK_RATE, 0)
    assert reception.report(5).last_sr == 0
    ntp64 = from_unix_us(1_800_000_000_000_000)
    reception.receive_sender_report(ntp64, 1_000_000)
    block = reception.report(1_500_000)
    assert (block.last_sr, block.delay_since_last_sr) == (middle32(ntp64), 32_768)
