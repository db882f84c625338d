"""What goes wrong with a response by name, one module for each place it can go wrong in."""
