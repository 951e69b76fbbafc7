"""What people use: the command line, and later the pages of the studio."""
