"""Judge the key tasks of Vietnamese communes from their Excel workbooks."""

__version__ = "0.1.0"
