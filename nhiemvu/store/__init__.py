"""Every evaluation kept by period, unit and criterion, in SQLite or PostgreSQL, and how it went over time."""
