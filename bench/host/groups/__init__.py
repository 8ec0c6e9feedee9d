"""What stands behind a control group: its own books, and what freezes it."""
