"""What a machine boots with: a kernel, its modules, an initial root file system."""
