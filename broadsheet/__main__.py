"""`python -m broadsheet` is `broadsheet`."""

from broadsheet.command import main

if __name__ == "__main__":
    main()
