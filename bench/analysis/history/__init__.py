"""A figure's course over many runs: where it shifted, and what else changed with it."""
