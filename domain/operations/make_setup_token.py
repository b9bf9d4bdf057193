"""Make the address by which the first admin is made, for the server's console."""

from domain.operations.one_time_tokens import new_token
from domain.store import setup_tokens, users


async def make_setup_link(base_url: str) -> str | None:
    """The address, which works once within a day; None when there is a user: then it is too late
    for ever."""
    if await users.any_user():
        return None
    token = new_token()
    await setup_tokens.add_setup_token(token.hash)
    return f"{base_url}/setup?token={token.text}"
