"""What `make` has built of the Mini App: its long files of text stand there compressed, too."""

from __future__ import annotations

import gzip
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "telcall" / "web" / "assets"
LONG_BYTES = 1_024


def test_every_long_script_and_style_has_both_forms_beside_it() -> None:
    texts = [file for file in ASSETS.iterdir() if file.suffix in (".js", ".css")]
    long = [file for file in texts if file.stat().st_size >= LONG_BYTES]
    assert {file.suffix for file in long} == {".js", ".css"}
    for file in long:
        packed = file.with_name(f"{file.name}.gz")
        assert gzip.decompress(packed.read_bytes()) == file.read_bytes()
        brotli = file.with_name(f"{file.name}.br")
        assert 0 < brotli.stat().st_size < packed.stat().st_size
