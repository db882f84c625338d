"""What is worth remembering from run to run and no loss when it is gone: small files."""
