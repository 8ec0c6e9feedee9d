"""What one command starts, from a gate where everything that the envelope needs stands already."""
