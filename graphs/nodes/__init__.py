"""The three roles as graph nodes: each asks its model once and returns an update; none decides what runs next."""
