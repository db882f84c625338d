"""What the ChatGPT side tells about an account besides responses."""
