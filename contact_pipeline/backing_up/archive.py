"""The one file that a backup is: a tar, compressed with zstd, its manifest first.

Belongs here: writing it and taking it apart, each digest compared. Does not belong: what is in it (`gathering`, `restoring`).
Nothing in a backup is believed: only regular files are taken, at places that the manifest names, below the folder given.
`tar --zstd` reads it too.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, Literal, cast

import pyarrow as pa

from contact_pipeline.atomic import atomic_path
from contact_pipeline.backing_up.manifest import NAME, BackupUnusable, Manifest, Member, manifest_of
from contact_pipeline.intake.receipt import file_digest
from contact_pipeline.private_files import new_private

_CHUNK_BYTES: Final = 1 << 20
_LARGEST_MANIFEST: Final = 1 << 30
_BROKEN = (tarfile.TarError, pa.ArrowException, OSError, EOFError)


def member_of(path: Path) -> Member:
    """Size and digest of a file."""
    return Member(path.stat().st_size, file_digest(path))


def write_archive(folder: Path, manifest: Manifest, target: Path) -> None:
    """The members, which lie in `folder`, as one file at `target`: the old one or the new one, readable by its owner."""
    with (
        atomic_path(target) as draft,
        new_private(draft) as raw,
        pa.CompressedOutputStream(pa.PythonFile(raw), "zstd") as packed,
        _tar(packed, "w|") as tar,
    ):
        text = manifest.as_bytes()
        _add(tar, NAME, io.BytesIO(text), len(text))
        for place, member in manifest.members.items():
            with (folder / place).open("rb") as source:
                _add(tar, place, source, member.size)


def unpack_archive(path: Path, folder: Path, check: Callable[[Manifest], None]) -> Manifest:
    """Put all files of a backup into an empty folder, each as its digest says. `check` may refuse the manifest first.

    Raises BackupUnusable for what is damaged, no backup, or reaches out of the folder, and what `check` raises.
    """
    try:
        with (
            pa.OSFile(str(path), "rb") as raw,
            pa.CompressedInputStream(raw, "zstd") as packed,
            _tar(packed, "r|") as tar,
        ):
            members = iter(tar)
            manifest = manifest_of(_first(tar, members))
            check(manifest)
            found = {one.name for one in members if _unpack(tar, one, manifest, folder)}
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, NotADirectoryError):
            raise  # the disk, not the backup
        raise BackupUnusable("is damaged, or no backup. Take another one.") from error
    if found != set(manifest.members):
        raise BackupUnusable("is damaged: files that its manifest names are missing. Take another one.")
    return manifest


def _tar(stream: pa.NativeFile, mode: Literal["r|", "w|"]) -> tarfile.TarFile:
    return tarfile.open(fileobj=cast("IO[bytes]", stream), mode=mode, bufsize=_CHUNK_BYTES)


def _add(tar: tarfile.TarFile, place: str, content: IO[bytes], size: int) -> None:
    about = tarfile.TarInfo(place)
    about.size, about.mode = size, 0o600
    tar.addfile(about, content)


def _first(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo]) -> bytes:
    about = next(members, None)
    if about is None or about.name != NAME or not about.isreg() or about.size > _LARGEST_MANIFEST:
        raise BackupUnusable("is no backup of contact-pipeline.")
    return b"".join(_chunks(tar, about))


def _unpack(tar: tarfile.TarFile, about: tarfile.TarInfo, manifest: Manifest, folder: Path) -> bool:
    """Write one file, whose place the manifest names; its digest must be that of the manifest."""
    wanted = manifest.members.get(about.name)
    if wanted is None or not about.isreg():
        raise BackupUnusable("holds something that its manifest does not name. Do not use it.")
    tarfile.data_filter(about, str(folder))  # raises where it would reach out of the folder
    target = folder / about.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with new_private(target) as copy:
        for chunk in _chunks(tar, about):
            digest.update(chunk)
            copy.write(chunk)
    if digest.hexdigest() != wanted.sha256:
        raise BackupUnusable("is damaged: a file in it is not what was backed up. Take another one.")
    return True


def _chunks(tar: tarfile.TarFile, about: tarfile.TarInfo) -> Iterator[bytes]:
    content = tar.extractfile(about)
    while content is not None and (chunk := content.read(_CHUNK_BYTES)):
        yield chunk
