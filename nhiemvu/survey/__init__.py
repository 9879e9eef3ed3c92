"""What a workbook holds, before any verdict: an inspection of it, and a draft of the tables that rules could read."""
