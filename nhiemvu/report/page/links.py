"""Where a workbook lies, as a browser can follow it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

_FOLLOWED = ("http", "https")  # what a browser opens; of s3:// and the like the name is shown without a link


def link_to(path: str, folder: Path | None) -> str:
    """A hyperlink to a local file or a URL; empty where a browser cannot follow it.

    Args:
        path: an absolute path, or a URL.
        folder: where the page lies. A workbook on the same drive is linked from there, so that a folder that is moved
            or sent as a whole keeps its links, and nobody reads where it lay.

    >>> link_to("/so/xa a.xlsx", Path("/so/trang")), link_to("/so/xa.xlsx", None), link_to("s3://kho/xa.xlsx", None)
    ('../xa%20a.xlsx', 'file:///so/xa.xlsx', '')
    """
    if "://" in path or "::" in path:
        return path if path.partition("://")[0].lower() in _FOLLOWED else ""
    if not path:
        return ""
    if folder is not None:
        try:
            found = os.path.relpath(path, folder)
        except ValueError:  # on another drive
            return Path(path).as_uri()
        plain = quote(found.replace(os.sep, "/").encode("utf-8", "surrogateescape"))
        return plain if plain.startswith("../") else f"./{plain}"
    return Path(path).as_uri()
