"""`python -m broadsheet` is `broadsheet`."""

from broadsheet.entry import run

if __name__ == "__main__":
    run()
