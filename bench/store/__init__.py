"""What a run leaves on disk: manifest, journal, console, dataset."""
