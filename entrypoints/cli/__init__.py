"""The command line."""


def main() -> int:
    """Run the command that this process was started with, and return its exit code."""
    import gc

    # Loading makes some 100,000 objects that stay. Looking for garbage among them again and again
    # takes a tenth of the time to the first byte; the collector still runs, only less often.
    gc.set_threshold(200_000, 20, 50)
    try:
        from codexctl.entrypoints.cli.program import main as run_program

        return run_program()
    except KeyboardInterrupt:  # before the program could deal with it
        return 130
