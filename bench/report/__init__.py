"""From a summary to what people read: tables, plots, Markdown, HTML."""
