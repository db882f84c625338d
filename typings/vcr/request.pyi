class Request:
    uri: str
    method: str
    body: bytes | None
    headers: dict[str, str]
