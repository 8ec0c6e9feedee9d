"""What a terminal shows of a run that goes on: the answer so far, drawn in place, and the time left."""
