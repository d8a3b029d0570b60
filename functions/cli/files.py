"""Writing what was asked for to a file, and saying so."""

from collections.abc import Iterable
from pathlib import Path

from functions.cli.faults import file_refused
from functions.cli.output import note, print_json, write_line


def write_file(path: Path, content: bytes, as_json: bool) -> None:
    """Write, and print the path. Raises what `write_blocks` raises."""
    write_blocks(path, (content,), as_json)


def write_blocks(path: Path, blocks: Iterable[bytes], as_json: bool) -> None:
    """Write blocks one after the other, and print the path. Raises what `put_file` raises."""
    size = _put(path, blocks)
    if as_json:
        print_json({"path": str(path), "bytes": size})
    else:
        write_line(str(path))
        note(f"{size:,} bytes were written.")


def put_file(path: Path, content: bytes) -> None:
    """Write, and say nothing.

    Raises InvalidInput for a file that cannot be written, NeedsOperator when the disk is full. A file
    that was only half written is taken away again.
    """
    _put(path, (content,))


def _put(path: Path, blocks: Iterable[bytes]) -> int:
    size = 0
    try:
        with path.open("wb") as file:
            for block in blocks:
                size += file.write(block)
    except OSError as refused:
        if size and path.is_file():
            path.unlink()
        raise file_refused(path, refused) from None
    return size
