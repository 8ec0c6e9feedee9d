"""What this machine is, and our hold on it: CPUs, control groups, processes, files, signals, signs of life."""
