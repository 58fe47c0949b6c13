"""What executes, builds, prints and packs the book."""
