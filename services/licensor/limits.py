"""How often an address may ask. `restrike-licensor`: its server. Pure: it is given the time.

An address has a budget that fills up evenly within a minute. Of IPv6 the first 64 bits are the address: one customer
has as many of the rest as it likes.
"""

import ipaddress
import math
from collections import OrderedDict
from typing import Final

from msgspec import Struct

PER_MINUTE: Final = 30
"""A venue of twenty machines behind one address may activate all of them at once."""
WRONG_KEYS_PER_MINUTE: Final = 5
"""Whoever types is slower, and a key of 100 bits is not found by trying: this spares books and audit."""
MOST_ADDRESSES: Final = 10_000
"""So many are remembered, in about 2 MB; the one that was silent for longest is forgotten."""
SUM_UP_S: Final = 60.0
"""Refusals of one address within this time are one line of the audit, so that a flood does not fill the disk."""


class Limits(Struct, frozen=True, kw_only=True):
    """What the server bears."""

    per_minute: int = PER_MINUTE
    wrong_keys_per_minute: int = WRONG_KEYS_PER_MINUTE
    most_body_bytes: int = 65_536
    request_s: float = 10.0


def address_of(host: str) -> str:
    """By what an address is counted."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return host
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))


class _Budget(Struct):
    left: float
    at_s: float


class Budgets:
    """What each address may still spend; `per_minute` is what it has when it was silent for a minute."""

    def __init__(self, per_minute: int, *, most_addresses: int = MOST_ADDRESSES) -> None:
        self._full = float(per_minute)
        self._most = most_addresses
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()
        self.forgotten = 0

    def wait_s(self, address: str, now_s: float) -> int:
        """In how many seconds it may spend 1; 0: now."""
        left = self._of(address, now_s).left
        return 0 if left >= 1 else math.ceil((1 - left) * 60 / self._full)

    def spend(self, address: str, now_s: float) -> None:
        """Take 1."""
        self._of(address, now_s).left -= 1

    def __len__(self) -> int:
        return len(self._budgets)

    def _of(self, address: str, now_s: float) -> _Budget:
        found = self._budgets.get(address)
        if found is None:
            found = self._budgets[address] = _Budget(left=self._full, at_s=now_s)
            if len(self._budgets) > self._most:
                self._budgets.popitem(last=False)
                self.forgotten += 1
        found.left = min(self._full, found.left + max(0.0, now_s - found.at_s) * self._full / 60)
        found.at_s = now_s
        self._budgets.move_to_end(address)
        return found


class Sums:
    """Refusals that are to be written down, summed up for each address and code."""

    def __init__(self, *, most: int = MOST_ADDRESSES) -> None:
        self._most = most
        self._waiting: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def add(self, address: str, code: str, now_s: float) -> int:
        """How many refusals are to be written now: the first at once, then what came together within a minute."""
        since_s, count = self._waiting.pop((address, code), (-math.inf, 0))
        is_due = now_s - since_s >= SUM_UP_S
        self._waiting[address, code] = (now_s if is_due else since_s, 0 if is_due else count + 1)
        if len(self._waiting) > self._most:
            self._waiting.popitem(last=False)
        return count + 1 if is_due else 0

    def rest(self) -> list[tuple[str, str, int]]:
        """Address, code and number of all that was not written yet."""
        found = [(address, code, count) for (address, code), (_, count) in self._waiting.items() if count]
        self._waiting.clear()
        return found
