"""A run for others: in the formats of other tools, and as a redacted folder."""
