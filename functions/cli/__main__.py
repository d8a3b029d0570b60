"""`python -m functions.cli`."""

from functions.cli.main import main

if __name__ == "__main__":
    main()
