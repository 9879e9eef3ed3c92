"""A folder for machines with Windows and no network: what a double click starts, and all that it needs."""
