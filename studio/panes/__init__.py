"""What single pages are made of; widgets/ has what several share."""
