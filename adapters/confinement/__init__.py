"""Commands that run confined by the system: bubblewrap, Landlock or Seatbelt, and their end."""
