"""Compare schedules, check a plan, resume a run, and identify a schedule from logged rates."""
