"""A service that is brought to life: by which way, how soon it answers, and what it has lost."""
