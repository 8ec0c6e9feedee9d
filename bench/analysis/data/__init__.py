"""A stored run as tidy data, and what is derived from its samples."""
