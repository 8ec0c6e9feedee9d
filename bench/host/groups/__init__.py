"""What stands behind a control group: its own books, and the part of the tree that a user without root is given."""
