"""What the world calls: the command line, its rendering, the emulator, the composition root."""
