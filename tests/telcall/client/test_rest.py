from __future__ import annotations

import aiohttp
import pytest

from telcall.client.errors import RequestFailed
from telcall.client.rest import Account, Rest
from telcall.client.session import user_id_of


async def test_name_leads_to_a_call(rest: Rest, accounts: dict[str, Account]) -> None:
    account = await rest.sign_in_as("Anna")
    assert account.user_id == accounts["Anna"].user_id == user_id_of(account.token)
    call_id = await rest.create_call("Tea")
    assert (await rest.get_call(call_id))["title"] == "Tea"
    assert user_id_of(await rest.ws_token()) == account.user_id


async def test_refusals_say_why(rest: Rest) -> None:
    with pytest.raises(RequestFailed) as unsigned:
        await rest.create_call()
    assert unsigned.value.status == 401
    with pytest.raises(RequestFailed) as forged:
        await rest.sign_in("query_id=1&hash=00")
    assert (forged.value.status, bool(forged.value.detail)) == (401, True)
    await rest.sign_in_as("Anna")
    with pytest.raises(RequestFailed) as unknown:
        await rest.get_call("../me?no=call")
    assert unknown.value.status == 404


async def test_server_that_is_not_there_is_told_as_such() -> None:
    async with Rest("http://127.0.0.1:1") as rest:
        with pytest.raises(aiohttp.ClientConnectionError):
            await rest.sign_in_as("Anna")


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJ.e30.x", "a.bnVsbA.c", "a.W10.c", "a.eyJzdWIiOiJ4In0.c"])
def test_token_of_nobody_is_refused(token: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own, of each kind of wrong
        user_id_of(token)
