"""`wangge` with leases so short that a test can wait for their end, and a note of when it held the channels.

HASTE is by how much everything about leases is quicker; NOTES names the file. The product has no such settings.
"""

import os

from wangge.bot import __main__ as command_line
from wangge.bot import lease
from wangge.bot.clock import elapsed
from wangge.bot.lease import Lease
from wangge.storage import jobs


def hurry(haste: float) -> None:
    for name in ("LEASE_SECONDS", "CALL_SECONDS", "RENEW_SECONDS", "LOOK_SECONDS"):
        setattr(lease, name, getattr(lease, name) / haste)
    jobs.LEASE_MS = int(jobs.LEASE_MS / haste / (1 if haste == 1 else 3))  # a death may cost one each


def note_leases(path: str) -> None:
    """Note from when to when this process may call the platform: pid, begin, end."""
    notes = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    renew, give_back = Lease._renew, Lease.give_back

    def note(begin: float, end: float) -> None:
        os.write(notes, f"{os.getpid()} {begin:.6f} {end:.6f}\n".encode())

    async def renewed(self: Lease) -> bool:
        is_ours = await renew(self)
        if is_ours:
            note(elapsed(), self._until)
        return is_ours

    async def given_back(self: Lease) -> None:
        note(elapsed(), 0.0)
        await give_back(self)

    Lease._renew, Lease.give_back = renewed, given_back  # type: ignore[method-assign]  # the injector


def main() -> None:
    hurry(float(os.environ["HASTE"]))
    note_leases(os.environ["NOTES"])
    command_line.main()


if __name__ == "__main__":
    main()
