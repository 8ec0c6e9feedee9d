"""From a report to a terminal, a page, or Markdown."""
