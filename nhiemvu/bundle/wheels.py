"""The wheels of a folder: nhiemvu itself, and everything that it needs on Windows, for each Python."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from email.parser import HeaderParser
from importlib.metadata import Distribution, distribution
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from nhiemvu.errors import BundleError, Problem
from nhiemvu.messages import N_

EXTRA = "serve"
_PROJECT = Path(__file__).resolve().parent.parent.parent
# What Windows says of itself, where it differs from the machine that makes the folder.
_WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
}
_TAKEN = re.compile(r"Saved \S*?([^/\\\s]+\.whl)")


def gather_wheels(
    folder: Path,
    versions: Sequence[str],
    tell: Callable[[str], None],
    *,
    platform: str = "win_amd64",
) -> None:
    """Put the wheels into a folder.

    pip chooses the files for another platform, but weighs conditions such as `sys_platform == "win32"` for the machine
    that it runs on; what only Windows needs is therefore looked up here and asked for by name, until nothing lacks.

    Args:
        folder: where they go; it is there.
        versions: of Python, such as `3.11`.
        tell: told the name of each wheel.
        platform: the tag of the machines that will install them.

    Raises:
        BundleError: pip or packaging is not here, a wheel does not exist, or there is no network.
    """
    lacking = [name for name in ("pip", "packaging") if not find_spec(name)]
    if lacking:
        message = N_("máy này thiếu {names}; cài bằng: pip install 'nhiemvu[bundle]', rồi chạy lại")
        raise BundleError(Problem("bundle-tools", message, fill={"names": ", ".join(lacking)}))
    own = take_own_wheel(folder)
    tell(own.name)
    for version in versions:
        wanted = [f"{own}[{EXTRA}]"]
        while wanted:
            _download(folder, version, wanted, platform, tell)
            windows = {**_WINDOWS, "python_version": version, "python_full_version": f"{version}.0"}
            wanted = sorted(_find_lacking(folder, own, windows)) if platform.startswith("win") else []


def take_own_wheel(folder: Path) -> Path:
    """The wheel of this very nhiemvu: built from its checkout, or put together anew from where it is installed."""
    if (_PROJECT / "pyproject.toml").is_file():
        _run_pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(_PROJECT), tell=lambda _name: None)
        return next(folder.glob("nhiemvu-*.whl"))
    return _pack(distribution("nhiemvu"), folder)


def _pack(installed: Distribution, folder: Path) -> Path:
    """A wheel of what is installed: the same files without what the installation made, listed anew."""
    made = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}
    files = [
        (str(PurePosixPath(file)), Path(str(file.locate())).read_bytes())
        for file in installed.files or ()
        if ".." not in file.parts and "__pycache__" not in file.parts and file.name not in made
    ]
    files.sort()
    info = f"nhiemvu-{installed.version}.dist-info"
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files]
    files.append((f"{info}/RECORD", "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()))
    wheel = folder / f"nhiemvu-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return wheel


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _download(folder: Path, version: str, wanted: Sequence[str], platform: str, tell: Callable[[str], None]) -> None:
    chosen = ("--only-binary=:all:", "--platform", platform, "--python-version", version, "--implementation", "cp")
    _run_pip("download", *chosen, "--find-links", str(folder), "--dest", str(folder), *wanted, tell=tell)


def _run_pip(command: str, *arguments: str, tell: Callable[[str], None]) -> None:
    """Run pip, tell what it saved.

    Raises:
        BundleError: it could not; with its last words.
    """
    line = [sys.executable, "-m", "pip", command, "--disable-pip-version-check", "--no-input", "--retries", "1"]
    pip = subprocess.Popen(  # noqa: S603 (our own words, and names of wheels)
        [*line, "--timeout", "20", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    said: list[str] = []
    with pip:
        for text in pip.stdout or ():
            said.append(text.strip())
            if found := _TAKEN.search(text):
                tell(found[1])
    if pip.returncode:
        errors = [text for text in said if text.startswith("ERROR:")] or said[-1:]
        offline = any("connection" in text.lower() or "NewConnectionError" in text for text in said)
        message = (
            N_("không tải được thư viện vì không nối được mạng ({why}); hãy tạo thư mục này trên một máy có mạng")
            if offline
            else N_("pip không lấy được thư viện ({why}); hãy xem lại bản Python đã chọn và kết nối mạng")
        )
        why = errors[-1].removeprefix("ERROR: ") if errors else str(pip.returncode)
        raise BundleError(Problem("bundle-wheels", message, fill={"why": why}))


def _find_lacking(folder: Path, own: Path, windows: dict[str, str]) -> Iterator[str]:
    """What the wheels need on Windows and is not among them."""
    from packaging.requirements import Requirement  # noqa: PLC0415 (of the extra [bundle])
    from packaging.utils import canonicalize_name, parse_wheel_filename  # noqa: PLC0415 (as above)

    here = {parse_wheel_filename(wheel.name)[0] for wheel in folder.glob("*.whl")}
    for wheel in folder.glob("*.whl"):
        extras = ("", EXTRA) if wheel == own else ("",)
        for line in _read_requirements(wheel):
            need = Requirement(line)
            holds = need.marker is None or any(need.marker.evaluate({**windows, "extra": extra}) for extra in extras)
            if holds and canonicalize_name(need.name) not in here:
                yield f"{need.name}{need.specifier}"


def _read_requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return HeaderParser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
