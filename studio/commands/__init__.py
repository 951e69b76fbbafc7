"""The verbs of the command line, one file a noun. Modules here import nothing heavy before a command runs."""
