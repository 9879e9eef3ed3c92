"""What the file system does to a run: each through the command line, the original whole, and said in Vietnamese."""

from __future__ import annotations

import builtins
import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import EXAMPLE
from hosts import OFFICE, remake

import nhiemvu
from nhiemvu import cli
from nhiemvu.cli import commands
from nhiemvu.errors import WriteError
from nhiemvu.evaluation import Evaluation
from nhiemvu.workbook.graft import find_ours
from nhiemvu.workbook.package import Package

Said = Callable[..., tuple[int, str]]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path / "sổ xã.xlsx"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """The program in this process: exit code and stderr."""

    def main(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["nhiemvu", "evaluate", *map(str, arguments), "--quiet"])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(stop.value.code or 0), said.err

    return main


def is_whole(workbook: Path) -> bool:
    return workbook.read_bytes() == EXAMPLE.read_bytes() and list(workbook.parent.iterdir()) == [workbook]


def fail(number: int) -> Callable[..., None]:
    def raise_it(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return raise_it


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "ổ đĩa đầy"),
        (errno.EDQUOT, "hạn mức"),
        (errno.EACCES, "không có quyền ghi"),
        (errno.EROFS, "không có quyền ghi"),
        (errno.EIO, "ổ mạng"),
        (errno.ESTALE, "ổ mạng"),
        (errno.ENETDOWN, "ổ mạng"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refusal_while_writing_leaves_the_original(
    workbook: Path, run: Said, monkeypatch: pytest.MonkeyPatch, call: str, number: int, says: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail(number))
        code, said = run(workbook)
    assert code == 2
    assert says in said
    assert "hãy" in said
    assert is_whole(workbook)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
@pytest.mark.parametrize("call", ["read_bytes", "stat", "open"])
def test_a_share_that_goes_away_while_reading_is_said(
    workbook: Path, run: Said, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    original = getattr(Path, call)

    def gone(path: Path, *rest: object, **more: object) -> object:
        if path == workbook:
            fail(number)()
        return original(path, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, gone)
        code, said = run(workbook)
    assert code == 2
    assert "không đọc được tệp" in said
    assert "ổ đĩa mạng" in said
    assert is_whole(workbook)


def test_a_share_that_goes_away_between_reading_and_writing_is_said(
    workbook: Path, run: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.stat
    evaluation = nhiemvu.evaluate(workbook)

    def gone(path: Path, **how: bool) -> os.stat_result:
        if path == workbook:
            fail(errno.ESTALE)()
        return original(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", gone)
        with pytest.raises(nhiemvu.WriteError, match="ổ mạng"):
            evaluation.write()
    assert is_whole(workbook)


@pytest.mark.parametrize("edited", [b"!", b""], ids=["edited", "replaced by the same bytes"])
def test_a_workbook_that_changes_while_it_is_evaluated_is_not_written(
    workbook: Path, run: Said, monkeypatch: pytest.MonkeyPatch, edited: bytes
) -> None:
    draw = Evaluation.draw
    theirs = EXAMPLE.read_bytes() + edited

    def draw_late(self: Evaluation, *rest: object, **more: object) -> bytes:
        other = workbook.with_name("khác")
        other.write_bytes(theirs)
        other.replace(workbook)
        return draw(self, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Evaluation, "draw", draw_late)
    code, said = run(workbook)
    assert code == 2
    assert "tệp đã bị sửa sau khi chương trình đọc, nên chưa ghi gì; hãy chạy lại" in said
    assert workbook.read_bytes() == theirs
    assert list(workbook.parent.iterdir()) == [workbook]


def test_a_workbook_open_elsewhere_or_written_by_another_run_is_refused(workbook: Path, run: Said) -> None:
    fcntl = pytest.importorskip("fcntl")
    with workbook.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        code, said = run(workbook)
    assert (code, "một lần chạy khác đang ghi" in said, is_whole(workbook)) == (2, True, True)
    mark = workbook.with_name("~$sổ xã.xlsx")
    mark.touch()
    code, said = run(workbook)
    mark.unlink()
    assert (code, "đang mở trong Excel" in said, is_whole(workbook)) == (2, True, True)


@pytest.mark.parametrize("when", [0, 4_102_444_800], ids=["1970", "2100"])
def test_a_clock_that_went_wrong_changes_nothing(workbook: Path, run: Said, when: int) -> None:
    os.utime(workbook, (when, when))
    assert run(workbook)[0] == 1
    once = workbook.read_bytes()
    os.utime(workbook, (when, when))
    assert run(workbook)[0] == 1
    assert workbook.read_bytes() == once


@pytest.mark.parametrize(
    "name",
    ["x" * 245 + ".xlsx", unicodedata.normalize("NFD", "Sổ xã Hải Yến") + ".xlsx", "-o.xlsx", "a b%20'\"$.xlsx"],
    ids=["250 characters", "NFD", "like an option", "odd characters"],
)
def test_odd_names_are_read_and_written_as_they_are(tmp_path: Path, run: Said, name: str) -> None:
    file = Path(shutil.copy(EXAMPLE, tmp_path / name))
    assert run(file)[0] == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(find_ours(Package.open(file))) == 2


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("x" * 300 + ".xlsx", "quá dài"),
        ("không có/ra.xlsx", "không có thư mục"),
        ("sổ xã.xlsx/ra.xlsx", "không có thư mục"),
    ],
)
def test_an_output_that_cannot_be_is_refused(workbook: Path, run: Said, output: str, says: str) -> None:
    code, said = run(workbook, "-o", workbook.parent / output)
    assert code == 2
    assert says in said
    assert is_whole(workbook)


def test_a_file_where_a_folder_is_needed_is_refused(workbook: Path, run: Said) -> None:
    code, said = run(workbook, EXAMPLE, "-o", workbook)
    assert code == 2
    assert "cần một thư mục" in said
    assert is_whole(workbook)


def test_a_workbook_whose_name_is_too_long_is_said(tmp_path: Path, run: Said) -> None:
    code, said = run(tmp_path / ("x" * 300 + ".xlsx"))
    assert code == 2
    assert said.startswith("lỗi: ")


@pytest.mark.parametrize("command", ["template", "map", "form"])
def test_a_new_file_whose_name_is_too_long_is_said(tmp_path: Path, command: str) -> None:
    given = {"template": ["--rules", "nhiem-vu-trong-tam-2024-hai-yen"]}.get(command, [str(EXAMPLE)])
    done = CliRunner().invoke(commands, [command, *given, "-o", str(tmp_path / ("x" * 300 + ".docx"))])
    assert isinstance(done.exception, WriteError)
    assert "quá dài" in str(done.exception)


# --- no part of a workbook is obeyed ----------------------------------------------------------------------------------


def test_nothing_is_fetched_from_a_link_in_a_workbook(
    workbook: Path, run: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:9/x"
    link = f'<Relationship Id="xa" Type="{OFFICE}/{{}}" Target="{url}" TargetMode="External"/></Relationships>'
    rels = "xl/_rels/workbook.xml.rels"
    for kind in ("externalLink", "image", "hyperlink", "attachedTemplate", "connections"):
        changed = link.format(kind).replace('"xa"', f'"x{kind}"')
        raw = remake(workbook.read_bytes(), {rels: lambda d, c=changed: d.replace(b"</Relationships>", c.encode())})
        workbook.write_bytes(raw)

    opened: list[str] = []
    real_open = builtins.open

    def guarded(file: object, *rest: object, **more: object) -> object:
        opened.append(str(file))
        return real_open(file, *rest, **more)  # type: ignore[call-overload]

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(builtins, "open", guarded)
        assert run(workbook)[0] == 1
    assert not any(url in name for name in opened)
    assert len(find_ours(Package.open(workbook))) == 2


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\t=1"])
def test_text_that_looks_like_a_formula_stays_text(workbook: Path, run: Said, text: str) -> None:
    escaped = text.replace('"', "&quot;").replace("\t", "&#9;")
    part = "xl/sharedStrings.xml"
    raw = workbook.read_bytes()
    before = Package(raw).read(part)
    assert "Hải Yến".encode() in before
    workbook.write_bytes(remake(raw, {part: lambda data: data.replace("Hải Yến".encode(), escaped.encode())}))
    assert run(workbook)[0] == 1
    package = Package.open(workbook)
    for ours in find_ours(package).values():
        sheet = package.read(ours.sheet.part)
        assert b"<f>" not in sheet
        assert b"<f " not in sheet
    shown = package.read(find_ours(package)["evaluation"].sheet.part).decode()
    assert escaped.replace("&quot;", '"').lstrip("&#9;") in shown.replace("&quot;", '"')


# --- what only the kernel can do --------------------------------------------------------------------------------------

_PLAIN = (
    "import sys\nfrom nhiemvu.cli import main\nsys.argv = ['nhiemvu', 'evaluate', *sys.argv[1:], '--quiet']\nmain()\n"
)


def spawn(before: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", before + "\n" + _PLAIN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)


@pytest.mark.slow
def test_a_disk_that_is_full_by_the_kernels_word_leaves_the_original(workbook: Path) -> None:
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    done = spawn(limit + "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))", workbook)
    assert (done.returncode, "ổ đĩa đầy" in done.stderr) == (2, True), done.stderr
    assert is_whole(workbook)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into; pytest's own is private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "says"),
    [
        (0o555, 0o666, "không có quyền ghi"),
        (0o777, 0o444, "bỏ thuộc tính chỉ đọc"),
        (0o777, 0o000, "không đọc được tệp"),
    ],
    ids=["read-only folder", "read-only file", "unreadable file"],
)
def test_no_permission_leaves_the_original(open_folder: Path, folder_mode: int, file_mode: int, says: str) -> None:
    file = Path(shutil.copy(EXAMPLE, open_folder / "sổ.xlsx"))
    file.chmod(file_mode)
    open_folder.chmod(folder_mode)
    # nothing is forbidden to root, so the run becomes somebody else before it reads or saves the workbook; whatever it
    # needs of the checkout, which may be private, is loaded by then
    before = (
        "import os\nfrom pathlib import Path\nimport nhiemvu.pipeline, nhiemvu.report.summary\n"
        "from nhiemvu import write\n"
        "def as_nobody(call):\n"
        "    def become_nobody(*given, **named):\n"
        "        if os.geteuid() == 0:\n"
        "            os.setgid(65534)\n"
        "            os.setuid(65534)\n"
        "        return call(*given, **named)\n"
        "    return become_nobody\n"
    ) + (
        "write.save = as_nobody(write.save)"
        if file_mode
        else "from nhiemvu.workbook import book\nbook.read_file = as_nobody(book.read_file)"
    )
    done = spawn(before, file, "--rules", "nhiem-vu-trong-tam-2024-hai-yen")
    open_folder.chmod(0o755)
    file.chmod(0o644)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    assert is_whole(file)


@pytest.mark.slow
def test_two_runs_at_once_leave_one_whole_result(workbook: Path) -> None:
    known = workbook.with_name("một.xlsx")
    nhiemvu.evaluate(workbook).write(known)
    wanted = known.read_bytes()
    known.unlink()
    command = [sys.executable, "-m", "nhiemvu", "evaluate", str(workbook), "--quiet"]
    for _ in range(4):
        shutil.copy(EXAMPLE, workbook)
        runs = [subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(3)]
        said = [each.communicate()[1] for each in runs]
        codes = [each.returncode for each in runs]
        assert set(codes) <= {1, 2}, said
        assert 1 in codes
        assert all("hãy" in text for text, code in zip(said, codes, strict=True) if code == 2)
        assert workbook.read_bytes() == wanted
        assert list(workbook.parent.iterdir()) == [workbook]


@pytest.mark.slow
def test_a_run_that_is_interrupted_says_so_and_leaves_the_original(workbook: Path) -> None:
    before = (
        "import os, signal\nfrom nhiemvu.evaluation import Evaluation\n"
        "Evaluation.draw = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job begins without
    )
    done = spawn(before, workbook)
    assert (done.returncode, "tệp gốc còn nguyên" in done.stderr) == (130, True), done.stderr
    assert is_whole(workbook)
