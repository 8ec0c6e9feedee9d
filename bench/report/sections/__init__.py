"""A section for every scenario: its facets, made of tables and pictures."""
