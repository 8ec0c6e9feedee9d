"""The runs of many hosts beside each other: each by itself, what differs between them, and what holds on all."""
