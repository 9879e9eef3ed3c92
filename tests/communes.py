"""Workbooks of several units, made from the example by changing a few of its texts, as text: quick, and whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from conftest import EXAMPLE

RULES = "nhiem-vu-trong-tam-2024-hai-yen"
UNITS = """code,name,parent,from,to,becomes
20,Tỉnh Lạng Sơn,,,,
183,Huyện Cao Lộc,20,,2025-06-30,
184,Huyện Lộc Bình,20,,2025-06-30,
A1,Xã Hải Yến,183,,2025-06-30,
A2,Xã Công Sơn,183,,2025-06-30,
A3,Xã Cao Lâu,183,,2025-06-30,
B1,Xã Hữu Khánh,184,,2025-06-30,
B2,Xã Hải Yến,184,,2025-06-30,
"""


@cache
def _example() -> dict[str, bytes]:
    with zipfile.ZipFile(EXAMPLE) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.startswith("xl/media")}


def make(code: str = "A1", name: str = "Xã Hải Yến", texts: Mapping[str, str] | None = None) -> bytes:
    """The example as another unit sent it; `texts` replaces other whole texts of its cells."""
    parts = dict(_example())
    changes = {"CL-HAI-YEN": code, "Xã Hải Yến": name, **(texts or {})}
    shared = parts["xl/sharedStrings.xml"].decode()
    for old, new in changes.items():
        assert f">{old}</t>" in shared, old
        shared = shared.replace(f">{old}</t>", f">{new}</t>")
    parts["xl/sharedStrings.xml"] = shared.encode()
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(zipfile.ZipInfo(part), data)
    return memory.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    """A file in a folder, which is made where it is missing."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
