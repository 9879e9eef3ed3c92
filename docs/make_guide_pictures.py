"""Pictures of the real page and the real command, for the clerk's guide and the guide of a bundle.

    python docs/make_guide_pictures.py

Needs what docs/make_pictures.py needs, and Chromium, Playwright and ImageMagick (`convert`). A picture of over 150 KB
stops the script.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from make_pictures import EXAMPLE, ROOT, _run, make_pictures
from playwright.sync_api import Page, sync_playwright

PICTURES = ROOT / "docs" / "pictures"
BUNDLE = ROOT / "nhiemvu" / "bundle" / "files"
MOST_BYTES = 150_000
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM += ["--disable-component-update", "--disable-sync"]
# The picture of a bundle's guide, and the picture that it is made from.
IN_BUNDLE = {"trang-ket-qua.png": "trang-ket-qua", "danh-gia.png": "danh-gia", "sai-lech.png": "sai-lech"}


def main() -> None:
    """Make them all."""
    made = make_pictures(PICTURES)
    with tempfile.TemporaryDirectory() as scratch, _open_page() as page:
        made += _picture_page(page, Path(scratch))
        made.append(_picture_command(page, Path(scratch)))
    for picture in made:
        _shrink(picture)
    for name, source in IN_BUNDLE.items():
        picture = BUNDLE / name
        shutil.copyfile(PICTURES / f"{source}.png", picture)
        top = () if source.startswith("trang") else ("-trim", "+repage", "-gravity", "north", "-crop", "100%x62%+0+0")
        _run("convert", str(picture), *top, "+repage", "-resize", "900x", str(picture))
        _shrink(picture)


@contextmanager
def _open_page() -> Iterator[Page]:
    """The first page of `nhiemvu serve`, in Chromium."""
    serve = [sys.executable, "-m", "nhiemvu", "serve", "--no-open", "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, encoding="utf-8", cwd=ROOT) as server:
        try:
            assert server.stdout is not None
            address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
                page = browser.new_page(viewport={"width": 1100, "height": 720}, locale="vi-VN")
                page.set_default_timeout(120_000)
                page.goto(address)
                yield page
                browser.close()
        finally:
            server.terminate()


def _picture_page(page: Page, scratch: Path) -> list[Path]:
    """The first page, the result, the disagreements, and a file that is no workbook."""
    address = page.url
    workbook = scratch / "So-xa-Hai-Yen.xlsx"
    shutil.copyfile(EXAMPLE, workbook)
    made = [_save(page, "trang-dau")]
    page.locator("input[type=file]").first.set_input_files(workbook)
    page.get_by_role("link", name="Tải sổ đã đánh giá").wait_for()
    made.append(_save(page, "trang-ket-qua"))
    page.get_by_role("link", name="chỗ sai lệch").click()
    page.wait_for_timeout(500)
    made.append(_save(page, "trang-sai-lech"))
    page.goto(address)
    wrong = scratch / "So-xa.xlsx"
    wrong.write_bytes(b"%PDF-1.7\n")
    page.locator("input[type=file]").first.set_input_files(wrong)
    page.get_by_text("không phải sổ Excel").first.wait_for()
    page.wait_for_timeout(300)
    made.append(_save(page, "trang-tu-choi"))
    return made


def _picture_command(page: Page, scratch: Path) -> Path:
    """The command and what it prints, as a terminal shows them."""
    shutil.copyfile(EXAMPLE, scratch / "so-xa.xlsx")
    command = [sys.executable, "-m", "nhiemvu", "evaluate", "so-xa.xlsx"]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=scratch, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    lines = f"> nhiemvu evaluate so-xa.xlsx\n{done.stdout}".splitlines()
    style = "margin:0;padding:14px;background:#101418;color:#e6e6e6;font:15px/1.35 Cousine,'Liberation Mono',monospace"
    shown = html.escape("\n".join([*lines[:26], "…"]))
    page.set_viewport_size({"width": 1260, "height": 700})
    page.goto("about:blank")  # away from the page, which allows no styles but its own
    page.set_content(f'<pre style="{style}">{shown}</pre>')
    picture = PICTURES / "lenh-danh-gia.png"
    page.locator("pre").screenshot(path=picture)
    return picture


def _save(page: Page, name: str) -> Path:
    picture = PICTURES / f"{name}.png"
    page.screenshot(path=picture)
    return picture


def _shrink(picture: Path) -> None:
    """Few colours, no times."""
    exclude = "png:exclude-chunks=date,time"
    _run(
        "convert",
        str(picture),
        "-strip",
        "+dither",
        "-colors",
        "128",
        "-define",
        exclude,
        "-quality",
        "95",
        str(picture),
    )
    if (size := picture.stat().st_size) > MOST_BYTES:
        raise SystemExit(f"{picture.name} has {size} bytes, over {MOST_BYTES}")
    sys.stdout.write(f"{picture} {size}\n")


if __name__ == "__main__":
    main()
