"""Sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from api.authenticator import Account
from api.fields import without_nul

INIT_DATA_CHARS = 16_384
DEV_NAME_CHARS = 64


class SignInRequest(BaseModel):
    """`initData` as Telegram's client gives it to the Mini App."""

    initData: Annotated[str, Field(max_length=INIT_DATA_CHARS)]


class Me(BaseModel):
    """The signed-in person. `id` is the internal one."""

    id: int
    telegram_user_id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    photo_url: str | None

    @classmethod
    def of(cls, account: Account) -> Me:
        user = account.user
        return cls(
            id=user.id,
            telegram_user_id=account.telegram_user_id,
            username=user.username,
            first_name=user.first_name,
            last_name=user.last_name,
            photo_url=user.photo_url,
        )


class Profile(Me):
    """The same with the language of the bot's messages."""

    language_code: str | None

    @classmethod
    def of(cls, account: Account) -> Profile:
        return cls(**Me.of(account).model_dump(), language_code=account.language_code)


class ProfileUpdate(BaseModel):
    """`language_code` null: Telegram's, from the next sign-in on."""

    language_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{2,35}$", examples=["ru"])] | None


class SignInAnswer(BaseModel):
    """`expires_in`: seconds."""

    user: Me
    expires_in: int
    access_token: str
    token_type: Literal["bearer"] = "bearer"


class BrowserLink(BaseModel):
    """Opens the Mini App in a browser, once. `expires_in`: seconds."""

    url: str
    expires_in: int


class BrowserSignIn(BaseModel):
    """What stands behind `browser=` in the link."""

    token: Annotated[str, Field(max_length=4096)]


class WsToken(BaseModel):
    token: str


class Message(BaseModel):
    message: str


class DevSignInState(BaseModel):
    enabled: Literal[True] = True


class DevSignInRequest(BaseModel):
    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=DEV_NAME_CHARS),
        AfterValidator(without_nul),
    ]


class DevSignInAnswer(BaseModel):
    initData: str
