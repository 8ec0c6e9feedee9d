"""The pictures of a report. Nothing here touches pyplot's state."""
