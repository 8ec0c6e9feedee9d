"""Docker engines of this host: which is asked for, whether it answers, and one of our own."""
