"""What is read from an instance, and when."""
