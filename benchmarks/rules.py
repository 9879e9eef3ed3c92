"""What loading a rulebook of 500 criteria adds to a run, against `import pandas`; each in fresh processes, in turn.

    python benchmarks/rules.py [runs]

A run imports the program, and loads the standard layout to learn which rulebook a workbook names, whatever it names; so
what the rulebook adds is the time of `load_rulebook` on its file after that: reading the YAML, the form, targets,
decision tables and measures. What every run pays is printed beside it. Bounds: at most 150 ms, and at most 0.35 of
`import pandas`.
"""

from __future__ import annotations

import compileall
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import nhiemvu

MILLISECONDS, SHARE = 150, 0.35
CRITERIA = 500
PANDAS = "import time; start = time.perf_counter(); import pandas; print(time.perf_counter() - start)"
LOAD = """
import sys, time
start = time.perf_counter()
from nhiemvu.pipeline import STANDARD_LAYOUT, load_rulebook
imported = time.perf_counter()
load_rulebook(STANDARD_LAYOUT)
ready = time.perf_counter()
rulebook = load_rulebook(sys.argv[1])
print(time.perf_counter() - ready, ready - imported, imported - start, len(rulebook.criteria))
"""
HEAD = """\
rulebook: lon
title: Bộ quy tắc lớn
valid: {from: 2024-01-01, to: 2024-12-31}
includes: [bo-cuc-chuan]
facts:
  khu_vuc: {label: Khu vực, type: choice, choices: [I, II, III]}
tables:
  von:
    sheet: Vốn
    unit: triệu đồng
    columns: {name: {headings: [Nội dung], type: text}, ke_hoach: [Kế hoạch vốn], giai_ngan: [Đã giải ngân]}
criteria:
"""
GROUP = """\
  - id: "{id}"
    name: Nhóm nhiệm vụ {id}
    roll_up: all
    children:
"""
# What annexes hold: a share against a threshold, one by khu vực, a measure over a table, a count, a declaration.
LEAVES = (
    """\
      - id: "{id}"
        name: Tỷ lệ hộ gia đình được sử dụng nước sạch theo quy chuẩn {id}
        unit: "%"
        targets: [{{meets: "≥ {bound}%", by: 2024-12-31}}]
        source: {{document: Quyết định 318/QĐ-TTg, clause: "tiêu chí {id}"}}
""",
    """\
      - id: "{id}"
        name: Tỷ lệ chất thải rắn sinh hoạt được thu gom, xử lý theo quy định {id}
        unit: "%"
        targets:
          - {{when: {{khu_vuc: [III]}}, meets: "≥ {bound}%", source: {{document: QĐ 318/QĐ-TTg, clause: "{id}"}}}}
          - {{otherwise: true, meets: "≥ 90%"}}
""",
    """\
      - id: "{id}"
        name: Giải ngân kế hoạch vốn {id}
        unit: "%"
        measure: sum(von.giai_ngan) / sum(von.ke_hoach)
        targets: [{{meets: "≥ {bound}%"}}]
        outlook: linear
""",
    """\
      - id: "{id}"
        name: Số mô hình được duy trì {id}
        unit: mô hình
        targets: [{{meets: "≥ {count}"}}]
""",
    """\
      - id: "{id}"
        name: Nội dung theo tự đánh giá {id}
        targets: [{{meets: '"đạt"'}}]
        evidence: declared
""",
)


def write_large(count: int) -> str:
    """A rule file of so many criteria, ten to a group."""
    parts, kinds = [HEAD], itertools.cycle(LEAVES)
    for i in range(count):
        group, child = divmod(i, 10)
        if child == 0:
            parts.append(GROUP.format(id=group + 1))
        else:
            text = next(kinds)
            parts.append(text.format(id=f"{group + 1}.{child}", bound=25 + 5 * (i % 13), count=1 + i % 4))
    return "".join(parts)


def run(*command: str) -> list[float]:
    """The numbers that a fresh process prints, with the settings that `nhiemvu` makes for itself."""
    environment = {**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    done = subprocess.run([sys.executable, "-c", *command], env=environment, capture_output=True, check=True, text=True)
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    # as pip leaves an installed package: a checkout may have been told not to write bytecode
    compileall.compile_dir(Path(nhiemvu.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lon.yaml"
        path.write_text(write_large(CRITERIA), encoding="utf-8")
        run(PANDAS), run(LOAD, str(path))  # warm the disk's cache
        pairs = [(run(LOAD, str(path)), run(PANDAS)[0]) for _ in range(runs)]
    assert all(count == CRITERIA for (*_times, count), _pandas in pairs)
    ratios = sorted(times[0] / pandas for times, pandas in pairs)
    load, layout, imports, pandas = (
        1000 * statistics.median(column)
        for column in zip(*((*times[:3], pandas) for times, pandas in pairs), strict=True)
    )
    ratio = statistics.median(ratios)
    print(
        f"loading {CRITERIA} criteria: {load:.0f} ms (bound {MILLISECONDS}), "
        f"{ratio:.2f} of import pandas (bound {SHARE}; {ratios[0]:.2f} to {ratios[-1]:.2f})\n"
        f"import pandas: {pandas:.0f} ms; every run: imports {imports:.0f} ms, the standard layout {layout:.0f} ms"
    )
    sys.exit(0 if load <= MILLISECONDS and ratio <= SHARE else 1)


if __name__ == "__main__":
    main()
