"""What people claim, judged by a run's data."""
