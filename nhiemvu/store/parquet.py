"""What a store keeps as Parquet, for DuckDB, pandas and whatever else reads it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nhiemvu.errors import Place, Problem, StoreError
from nhiemvu.messages import N_
from nhiemvu.store.frames import DAYS, FIGURES, FRAME_COLUMNS
from nhiemvu.workbook.save import make_folder, save

if TYPE_CHECKING:
    import pandas as pd


def write_parquet(path: Path, frames: Iterable[tuple[str, pd.DataFrame]]) -> list[Path]:
    """One file of all frames where the path ends in `.parquet`, else a folder with a file for each, by its name.

    Raises:
        StoreError: pyarrow is not installed; says how.
        WriteError: the file system refused; files that were there are whole.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = N_("máy này chưa có phần ghi Parquet; cài bằng: pip install 'nhiemvu[parquet]'")
        raise StoreError(Problem("store-no-parquet", message, Place(str(path)))) from error
    schema = _make_schema(pa)

    def tables() -> Iterable[tuple[str, Any]]:
        for name, frame in frames:
            yield name, pa.Table.from_pandas(frame, schema, preserve_index=False).replace_schema_metadata(None)

    if path.suffix == ".parquet":
        whole = io.BytesIO()
        with parquet.ParquetWriter(whole, schema) as writer:
            for _name, table in tables():
                writer.write_table(table)
        save(whole.getvalue(), path)
        return [path]
    make_folder(path)
    written = []
    for name, table in tables():
        part = io.BytesIO()
        parquet.write_table(table, part)
        written.append(path / f"{name}.parquet")
        save(part.getvalue(), written[-1])
    return written


def _make_schema(pa: Any) -> Any:
    """The same for every file, also where a column is empty throughout."""
    kinds = {**dict.fromkeys(DAYS, pa.date32()), **dict.fromkeys(FIGURES, pa.float64()), "level": pa.int64()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in FRAME_COLUMNS])
