"""Folders of communes' workbooks as they come in, with a known truth beside them.

The truth is drawn first (`draw`, `money`), then typed as officials type (`typed`, `typist`, `layouts`, `filled`), then
broken (`failed`, `damaged`) or sent twice, not at all, or among other things (`fates`, `beside`). Nothing is computed
back from a workbook, and no verdict comes from nhiemvu. `files.csv` says of each file what must be said of it:

    ok              evaluated; nothing in particular
    read            evaluated, nothing lost; the problem `code`, where there is one, is told
    told            evaluated; the criteria of `lost` are no_data, and the problem `code` is told
    duplicate       the same bytes as another file of the unit: counted once
    conflict        another file of the unit differs: neither is counted
    failed          refused whole, with the problem `code`
    no-unit         evaluated, but nobody knows whose it is: not counted, and said
    unknown-unit    evaluated, but its code is no unit's: not counted, and said
    other-period    evaluated, but of another period than the others: not counted, and said
    skipped         no workbook of a commune: listed
    hidden          a file that programs hide: need not be listed
    not-sent        the unit has no file
"""

from .folder import make_folder
from .truth import Truth, read_truth

__all__ = ["Truth", "make_folder", "read_truth"]
