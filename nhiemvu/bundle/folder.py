"""The folder as a whole: commands, texts, rulebooks and the guide around the wheels."""

from __future__ import annotations

import base64
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import nhiemvu
from nhiemvu.bundle.wheels import gather_wheels
from nhiemvu.bundle.words import TEXTS, WORDS
from nhiemvu.errors import BundleError, Place, Problem, WriteError
from nhiemvu.messages import N_, _
from nhiemvu.report.html import fill_page
from nhiemvu.rules.find import list_rulebooks, shipped_rules
from nhiemvu.rules.load import load_rulebook
from nhiemvu.rules.rulebook import Rulebook

VERSIONS = ("3.11", "3.12", "3.13")
COMMANDS = ("danh-gia.cmd", "cai-dat.cmd")
_FILES = Path(__file__).parent / "files"
_PICTURES = {"page": "trang-ket-qua.png", "evaluation": "danh-gia.png", "discrepancies": "sai-lech.png"}


def make_bundle(
    target: Path,
    rules: Sequence[str] = (),
    versions: Sequence[str] = VERSIONS,
    tell: Callable[[str], None] = lambda _name: None,
) -> None:
    """Make the folder, or a .zip of it; nothing is left behind where it cannot be made whole.

    Args:
        target: a folder that is not there yet or is empty, or a file whose name ends with .zip.
        rules: ids or files of the rulebooks to choose from; none: whatever nhiemvu ships.
        versions: of Python that the machines may have.
        tell: told the name of each wheel as it arrives.

    Raises:
        RuleError: a rulebook does not load, here or from the folder.
        BundleError: the wheels cannot be had.
        WriteError: the target is taken.
    """
    rulebooks = [load_rulebook(each) for each in rules]
    is_zip = target.suffix.lower() == ".zip"
    if target.exists() and (is_zip or not target.is_dir() or any(target.iterdir())):
        message = N_("đã có tệp hoặc thư mục này; hãy chọn tên khác bằng -o, hoặc xóa nó trước")
        raise WriteError(Problem("bundle-taken", message, Place(str(target))))
    if not target.absolute().parent.is_dir():
        raise WriteError(Problem("no-folder", N_("không có thư mục để ghi; hãy xem lại đường dẫn"), Place(str(target))))
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".nhiemvu-") as scratch:
        made = Path(scratch) / (target.stem if is_zip else target.name)
        made.mkdir()
        (made / "wheels").mkdir()
        write_rulebooks(made / "quy-tac", rulebooks)
        write_commands(made, versions)
        (made / "HUONG-DAN.html").write_text(draw_guide(rulebooks, versions), "utf-8")
        gather_wheels(made / "wheels", versions, tell)
        if is_zip:
            packed = Path(scratch) / target.name
            _pack(made, packed)
            packed.replace(target)
        else:
            if target.is_dir():
                target.rmdir()
            made.replace(target)


def write_commands(folder: Path, versions: Sequence[str]) -> None:
    """The commands, with the ends of lines of Windows, and the texts that they type."""
    fill = {
        "@VERSION@": nhiemvu.__version__,
        "@DOTTED@": " ".join(reversed(versions)),
        "@PYTHONS@": "(" + "".join(f"({each.replace('.', ', ')}), " for each in versions) + ")",
    }
    for name in COMMANDS:
        text = (_FILES / name).read_text("ascii")
        for key, value in fill.items():
            text = text.replace(key, value)
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode("ascii"))
    (folder / "noi-dung").mkdir()
    for name, message in TEXTS.items():
        text = _(message, versions=_or(versions))
        (folder / "noi-dung" / name).write_bytes(f"\r\n{text}\r\n\r\n".encode())


def write_rulebooks(folder: Path, rulebooks: Sequence[Rulebook]) -> None:
    """`chon.txt` with the ids in order, and the files that nhiemvu does not ship, those that are included too.

    Installing copies them to the shipped ones, where every id must still have one meaning.

    Raises:
        BundleError: two files of one name differ.
        RuleError: something does not load beside the shipped ones.
    """
    if not rulebooks:
        return
    shipped = shipped_rules().resolve()
    folder.mkdir()
    for file in (Path(name) for rulebook in rulebooks for name in rulebook.files):
        if _is_shipped(file):
            continue
        copies = [folder / file.name, shipped / file.name]
        if any(copy.exists() and copy.read_bytes() != file.read_bytes() for copy in copies):
            message = N_("hai tệp quy tắc khác nhau cùng mang tên này; hãy đổi tên một tệp")
            raise BundleError(Problem("bundle-rules", message, Place(str(file))))
        shutil.copyfile(file, copies[0])
    with tempfile.TemporaryDirectory() as scratch:
        for file in [*list_rulebooks(shipped), *list_rulebooks(folder)]:
            shutil.copyfile(file, Path(scratch, file.name))
        for file in list_rulebooks(Path(scratch)):
            load_rulebook(file)
    (folder / "chon.txt").write_text("".join(f"{rulebook.id}\n" for rulebook in rulebooks), "utf-8")


def draw_guide(rulebooks: Sequence[Rulebook], versions: Sequence[str]) -> str:
    """The guide of one page, with its pictures inside."""
    fill = {"versions": _or(versions), "version": nhiemvu.__version__}
    pictures = {
        key: f"data:image/png;base64,{base64.b64encode((_FILES / name).read_bytes()).decode()}"
        for key, name in _PICTURES.items()
    }
    return fill_page(
        _FILES / "huong-dan.html",
        words={key: _(text, **fill) for key, text in WORDS.items()},
        pictures=pictures,
        rulebooks=[rulebook.title for rulebook in rulebooks],
        has_own=not all(_is_shipped(Path(name)) for rulebook in rulebooks for name in rulebook.files),
    )


def _is_shipped(file: Path) -> bool:
    return file.resolve().parent == shipped_rules().resolve()


def _or(versions: Sequence[str]) -> str:
    return (
        versions[0] if len(versions) == 1 else _("{some} hoặc {last}", some=", ".join(versions[:-1]), last=versions[-1])
    )


def _pack(folder: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = file.relative_to(folder.parent).as_posix()
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            kind = zipfile.ZIP_STORED if file.suffix == ".whl" else zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes(), kind)
