"""The page of a summary: one HTML file that stands alone."""
