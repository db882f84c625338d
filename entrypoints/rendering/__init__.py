"""How a run is shown: to a person, or as JSON lines to a program."""
