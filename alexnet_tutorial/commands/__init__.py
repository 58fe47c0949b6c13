"""The longer commands of the command line, a module for each kind; ``__main__`` parses words."""
