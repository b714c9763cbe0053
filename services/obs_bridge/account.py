"""Where an OBS is, and how to log in to it; obs-bridge."""


class Account:
    """Where an OBS is, and how to log in. Not a struct: these show their fields."""

    def __init__(self, host: str, port: int, password: str) -> None:
        self.host = host
        self.port = port
        self.password = password

    def __repr__(self) -> str:
        return f"Account({self.host}:{self.port})"
