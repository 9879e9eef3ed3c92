"""Make examples/cum-xa: the workbooks of a few communes as a district gets them, one of them broken, one missing.

python examples/make_cum_xa.py

nhiemvu aggregate examples/cum-xa/so --units examples/cum-xa/don-vi.csv -o tong-hop.xlsx --html tong-hop.html
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.communes import make_folder

FOLDER = Path(__file__).resolve().parent / "cum-xa"
UNITS, SEED, KINDS = 8, 11, ("csv", "no-disbursement")


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        truth = make_folder(Path(place) / "nop", UNITS, SEED, broken=0.25, kinds=KINDS, zipped=False)
        files = sorted(path for path in truth.workbooks.rglob("*") if path.is_file())
        files.pop()  # one sent nothing
        shutil.rmtree(FOLDER, ignore_errors=True)
        for path in files:
            target = FOLDER / "so" / path.relative_to(truth.workbooks)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        shutil.copy(truth.units, FOLDER / "don-vi.csv")


if __name__ == "__main__":
    main()
