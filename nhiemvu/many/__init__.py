"""From a folder of workbooks to one summary, and the history of every evaluation."""
