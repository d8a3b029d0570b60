"""Files that can be fetched over HTTP beside the API."""

import strawberry


@strawberry.type(description="A file that can be fetched with the same credentials.")
class Download:
    name: str
    url: str = strawberry.field(description="Path on this server.")
