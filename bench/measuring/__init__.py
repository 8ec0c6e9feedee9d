"""From a request to a closed journal: what is planned, launched, watched and read."""
