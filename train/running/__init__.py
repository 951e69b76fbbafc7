"""A training run as a directory: its lock and settings, its curves, its manifest, how it is started and stopped."""
