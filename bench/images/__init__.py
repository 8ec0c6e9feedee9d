"""From a recipe to the form each isolation needs, cached by content."""
