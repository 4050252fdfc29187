"""What every registry promises, and that ours keeps it."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.registry import LocalRegistry, Registry


class RegistryContract:
    """To be inherited by the tests of each implementation; `nodes` are views of the same registry."""

    def nodes(self) -> list[Registry]:
        raise NotImplementedError

    async def test_who_has_a_room_keeps_it(self) -> None:
        nodes = self.nodes()
        first = await nodes[0].claim("a")
        for node in nodes:
            assert await node.claim("a") == first

    async def test_of_many_at_once_one_owns(self) -> None:
        nodes = self.nodes()
        claims = await asyncio.gather(*(node.claim("a") for _ in range(20) for node in nodes))
        assert len(set(claims)) == 1

    async def test_another_call_has_an_owner_of_its_own(self) -> None:
        (node, *_) = self.nodes()
        first = await node.claim("a")
        await node.claim("b")
        await node.release("b", first.epoch)
        assert await node.claim("a") == first

    async def test_after_a_release_the_epoch_is_higher(self) -> None:
        nodes = self.nodes()
        epochs = []
        for turn in range(6):
            node = nodes[turn % len(nodes)]
            claim = await node.claim("a")
            epochs.append(claim.epoch)
            await node.release("a", claim.epoch)
        assert epochs == sorted(set(epochs))

    async def test_a_release_that_comes_late_changes_nothing(self) -> None:
        (node, *_) = self.nodes()
        old = await node.claim("a")
        await node.release("a", old.epoch)
        new = await node.claim("a")
        await node.release("a", old.epoch)
        assert await node.claim("a") == new

    async def test_a_release_of_nothing_changes_nothing(self) -> None:
        (node, *_) = self.nodes()
        await node.release("unknown", 7)
        assert (await node.claim("unknown")).epoch > 0

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("ab"), st.integers(0, 1), st.sampled_from(["claim", "release", "late"])
            ),
            max_size=30,
        )
    )
    @settings(max_examples=50, deadline=None)
    def test_in_any_order_one_owner_an_epoch(self, steps: list[tuple[str, int, str]]) -> None:
        async def play() -> None:
            nodes = self.nodes()
            owned: dict[str, tuple[str, int]] = {}
            past: dict[str, list[int]] = {"a": [], "b": []}
            for call_id, number, step in steps:
                node = nodes[number % len(nodes)]
                if step == "claim":
                    claim = await node.claim(call_id)
                    if call_id in owned:
                        assert (claim.node, claim.epoch) == owned[call_id]
                    else:
                        assert claim.epoch > max(past[call_id], default=0)
                    owned[call_id] = (claim.node, claim.epoch)
                elif step == "release" and call_id in owned:
                    epoch = owned.pop(call_id)[1]
                    past[call_id].append(epoch)
                    await node.release(call_id, epoch)
                elif step == "late":
                    for epoch in past[call_id]:
                        await node.release(call_id, epoch)

        asyncio.run(play())


class TestLocalRegistry(RegistryContract):
    def nodes(self) -> list[Registry]:
        return [LocalRegistry("here")]

    async def test_it_owns_all_itself_and_keeps_nothing_of_what_it_released(self) -> None:
        registry = LocalRegistry("here")
        for number in range(100):
            claim = await registry.claim(f"call {number}")
            assert claim.node == "here"
            await registry.release(f"call {number}", claim.epoch)
        assert registry._owned == {}
