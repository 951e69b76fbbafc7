"""Memory and time of a training before it starts."""
