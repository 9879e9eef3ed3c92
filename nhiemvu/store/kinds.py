"""Which periods may be compared: a half-year with half-years, never with a quarter or a whole year."""

from __future__ import annotations

import datetime as dt

ONE_DAY = dt.timedelta(days=1)
Kind = tuple[int, int, int]


def kind_of(start: dt.date, end: dt.date) -> Kind:
    """What a period is: of whole months their number; of other days those from which and to which it goes in a year.

    >>> kind_of(dt.date(2024, 1, 1), dt.date(2024, 6, 30)) == kind_of(dt.date(2024, 7, 1), dt.date(2024, 12, 31))
    True
    >>> kind_of(dt.date(2024, 1, 1), dt.date(2024, 5, 29)) == kind_of(dt.date(2023, 1, 1), dt.date(2023, 5, 29))
    True
    >>> kind_of(dt.date(2024, 1, 1), dt.date(2024, 3, 31)) == kind_of(dt.date(2024, 1, 1), dt.date(2024, 6, 30))
    False
    """
    after = end + ONE_DAY if end < dt.date.max else end
    if start.day == 1 and after.day == 1:
        return (after.year - start.year) * 12 + after.month - start.month, 0, 0
    return 0, start.month * 100 + start.day, (end.year - start.year) * 10_000 + end.month * 100 + end.day
