"""What OpenAI's sign-in hands out, and reading it."""
