"""The worked examples of the book's investigations: a program for each, and what it printed."""
