"""The personas page without a browser."""
