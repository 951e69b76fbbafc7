"""Playing one dialogue while somebody watches, or speaks as the user."""
