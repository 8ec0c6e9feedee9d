"""What a run says to who has to choose: cost beside what it buys, by the chooser's own weights and musts."""
