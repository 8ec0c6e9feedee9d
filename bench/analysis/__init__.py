"""From stored samples to intervals and ratios. Opens results read-only; imports no engine."""
