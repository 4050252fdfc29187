"""Becomes PostgreSQL: drops root, ties its life to the parent's, executes the server.

Run as a script of its own (`python -I -S postgres_launcher.py UID GID PARENT PROGRAM ARGUMENT...`) rather
than as a `preexec_fn`, which is unsafe in a process with threads. It imports nothing of ours and leaves
nothing behind: `execv` replaces it. UID and GID -1 keep the present ones.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(uid: int, gid: int, parent: int, program: list[str]) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which clears it. SIGINT is PostgreSQL's fast shutdown: sessions are cut, the
    # data is flushed, so that the next start has nothing to recover even when the parent got kill -9.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it ended before we asked
        raise SystemExit(1)
    os.umask(0o077)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
