"""The figures that answer a scenario's question: one row each, and which stand side by side."""
