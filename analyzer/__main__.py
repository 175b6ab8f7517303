"""`python -m analyzer`, for where the `analyzer` command is not on the PATH."""

from analyzer.cli import main

if __name__ == "__main__":
    main()
