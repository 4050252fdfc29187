import pytest

from sfu.control.addresses import candidates, interface_addresses, plan_addresses
from sfu.dataplane.engine import LocalPort
from sfu.errors import EngineUnavailable

LOCAL = ["127.0.0.1", "::1", "192.0.2.2", "2001:db8::2"]


def test_interfaces_come_before_loopback():
    plan = plan_addresses([], LOCAL, offer_loopback=True)
    assert [outer for outer, _ in plan.advertise] == ["192.0.2.2", "2001:db8::2", "127.0.0.1", "::1"]
    assert set(plan.bind) == set(LOCAL)


def test_loopback_is_for_local_servers_only():
    assert plan_addresses([], LOCAL, offer_loopback=False).bind == ("192.0.2.2", "2001:db8::2")


def test_loopback_is_better_than_nothing():
    assert plan_addresses([], ["127.0.0.1"], offer_loopback=False).bind == ("127.0.0.1",)


def test_a_public_address_of_ours_is_bound_itself():
    plan = plan_addresses(["2001:db8::2"], LOCAL, offer_loopback=False)
    assert plan.bind == ("2001:db8::2",)
    assert plan.advertise == (("2001:db8::2", "2001:db8::2"),)


def test_behind_a_router_each_address_of_the_family_is_bound_and_the_public_one_told():
    plan = plan_addresses(["203.0.113.9"], [*LOCAL, "10.0.0.5"], offer_loopback=False)
    assert set(plan.bind) == {"192.0.2.2", "10.0.0.5"}
    ports = [LocalPort(index, (host, 8081)) for index, host in enumerate(plan.bind)]
    assert candidates(plan, ports) == [("203.0.113.9", 8081)]


@pytest.mark.parametrize("public", ["example.org", "", "1.2.3", "203.0.113.9:80"])
def test_what_is_no_address_is_refused_in_words(public):
    with pytest.raises(EngineUnavailable) as refused:
        plan_addresses([public], LOCAL, offer_loopback=False)
    assert "TELCALL_PUBLIC_ADDRESS" in refused.value.detail


def test_a_family_that_the_machine_lacks_is_refused():
    with pytest.raises(EngineUnavailable):
        plan_addresses(["2001:db8::9"], ["192.0.2.2"], offer_loopback=False)


def test_no_address_at_all_is_refused():
    with pytest.raises(EngineUnavailable):
        plan_addresses([], [], offer_loopback=True)


def test_this_machine_has_a_loopback_address():
    assert "127.0.0.1" in interface_addresses()
