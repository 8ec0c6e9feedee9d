"""What many hosts have measured, as one report: each host by itself, what differs, and what holds over all."""
