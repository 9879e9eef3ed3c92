"""A template that answers while one types: the rules of a rulebook as formulas of its workbook, without any macro.

places ── reading ──▶ lines ──▶ measures ──▶ judging ──▶ groups ──▶ sentences
(where the template has its cells) (the calculation sheet, one cell a step)    ▼
                                                        drawing: verdicts beside the figures, a summary

A verdict is either the engine's or none: what a formula cannot read or tell for certain is left to `nhiemvu evaluate`,
and the cell says so. Only functions that Excel 2010 and LibreOffice 7 have are used.
"""
