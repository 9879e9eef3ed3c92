"""Programs that compute the formulas of a copy of a workbook: IronCalc where it is installed, LibreOffice where it is.

LibreOffice also makes a PDF of a document. Each runs in a process of its own with a limit of time and memory, on a copy
in a temporary folder; neither may fetch what a file links to.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TIMEOUT = 60.0  # seconds
_MEMORY = 2 << 30
_TIME_ZONE = "Asia/Ho_Chi_Minh"  # what TODAY() means
_SETTINGS = (
    ("Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),  # compute everything, whatever the file holds
    ("Office.Calc/Content/Update", "Link", "2"),  # never ask another file for a value
    ("Office.Writer/Content/Update", "Link", "2"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
)

Engine = Callable[[bytes], bytes]


class EngineError(Exception):
    """An engine gave nothing; the text is a short technical reason."""


def find_engines() -> Iterator[tuple[str, Engine]]:
    """The engines of this machine, the quicker first: name, and what computes a workbook's bytes into new ones."""
    if importlib.util.find_spec("ironcalc") is not None:
        yield "IronCalc", compute_with_ironcalc
    if has_libreoffice():
        yield "LibreOffice", compute_with_libreoffice


def compute_with_ironcalc(raw: bytes) -> bytes:
    """An xlsx with every formula computed by IronCalc.

    Raises:
        EngineError: it refused the workbook, took too long, or died of it.
    """
    with tempfile.TemporaryDirectory(prefix="nhiemvu-") as name:
        given, made = Path(name, "in.xlsx"), Path(name, "out.xlsx")
        given.write_bytes(raw)
        home = str(Path(__file__).parents[2])
        paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "nhiemvu.workbook.engines", str(given), str(made)]
        _run(command, {**os.environ, "PYTHONPATH": paths})
        return _take(made)


def compute_with_libreoffice(raw: bytes) -> bytes:
    """An xlsx with every formula computed by LibreOffice, in a profile of its own that allows no macro and no link.

    Raises:
        EngineError: it refused the workbook, took too long, or died of it.
    """
    return convert(raw, "xlsx", "xlsx")


def has_libreoffice() -> bool:
    """Is LibreOffice on this machine."""
    return shutil.which("soffice") is not None


def convert(raw: bytes, given_as: str, wanted: str) -> bytes:
    """A file as LibreOffice saves it in another format, in a profile of its own that allows no macro and no link.

    Args:
        raw: the file.
        given_as: its ending, such as `docx`.
        wanted: the ending of what is wanted, such as `pdf`.

    Raises:
        EngineError: it refused the file, took too long, or died of it.
    """
    with tempfile.TemporaryDirectory(prefix="nhiemvu-") as name:
        folder = Path(name)
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        items = "".join(
            f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{prop}" oor:op="fuse">'
            f"<value>{value}</value></prop></item>"
            for path, prop, value in _SETTINGS
        )
        registry = f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'
        (user / "registrymodifications.xcu").write_text(registry, encoding="utf-8")
        given = folder / f"in.{given_as}"
        given.write_bytes(raw)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        out = folder / "out"
        _run(["soffice", profile, "--headless", "--convert-to", wanted, "--outdir", str(out), str(given)], None)
        return _take(out / f"in.{wanted}")


def _run(command: Sequence[str], environment: dict[str, str] | None) -> None:
    """Run a program with all that it starts, and end all of it when the time is over."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 (an engine that we found, no shell)
        command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, start_new_session=True
    ) as process:
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise EngineError(f"{TIMEOUT:g} s") from None
        finally:
            with contextlib.suppress(OSError):  # nothing is left of it, as it should be
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
    if code:
        raise EngineError(f"exit {code}")


def _take(made: Path) -> bytes:
    try:
        return made.read_bytes()
    except FileNotFoundError:
        raise EngineError("no result") from None


# --- in IronCalc's child ----------------------------------------------------------------------------------------------


def _compute_here(given: str, made: str) -> None:
    import ironcalc  # noqa: PLC0415 (in the child only, where it is installed)

    model = ironcalc.load_from_xlsx(given, "en", _TIME_ZONE)
    model.evaluate()
    model.save_to_xlsx(made)


if __name__ == "__main__":
    from nhiemvu.workbook.old_formats import bound_memory

    bound_memory(_MEMORY)
    _compute_here(*sys.argv[1:])
