"""The sentences of a report, and how numbers are written in them."""
