"""One module a scenario; main() raises where the node does not do what it should."""
