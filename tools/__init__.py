"""What developers of Isobench run; not part of the package."""
