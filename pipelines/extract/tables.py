"""Rows of tables: a line each, as a reader sees them."""

from dataclasses import replace

from pipelines.extract.blocks import Block, Outline

_CELLS = frozenset(("td", "th"))
#: a longer cell is a column of a page that is laid out with tables
_CELL_LIMIT = 160
#: fewer rows are layout
_LEAST_ROWS = 2


def rows(page: Outline, blocks: list[Block]) -> list[Block]:
    """Return the blocks with the short cells of one table row joined into a block of tag `tr`.

    Rows count only where their table has at least two of several cells: else a table is how an old page is laid out.
    """
    found: list[Block] = []
    at = 0
    whole: dict[int, int] = {}
    while at < len(blocks):
        row = _row(page, blocks[at])
        end = at
        while (
            row >= 0 and end < len(blocks) and _row(page, blocks[end]) == row and len(blocks[end].text) <= _CELL_LIMIT
        ):
            end += 1
        if end - at >= 2:
            cells = blocks[at:end]
            joined = replace(
                cells[0],
                text=" ".join(cell.text for cell in cells),
                tag="tr",
                linked=sum(cell.linked for cell in cells),
                strong=sum(cell.strong for cell in cells),
            )
            table = _table(page, row)
            whole[table] = whole.get(table, 0) + 1
            found.append(joined)
            at = end
        else:
            found.append(blocks[at])
            at += 1
    return [
        block if block.tag != "tr" or whole[_table(page, block.box)] >= _LEAST_ROWS else replace(block, tag="td")
        for block in found
    ]


def _row(page: Outline, block: Block) -> int:
    """Return the box of the row whose cell is the block's own box, -1 for none."""
    for step, at in enumerate(page.above(block.box)):
        if page.boxes[at].tag == "tr":
            return at if step else -1
        if page.boxes[at].tag not in _CELLS and step > 1:
            return -1
    return -1


def _table(page: Outline, box: int) -> int:
    for at in page.above(box):
        if page.boxes[at].tag == "table":
            return at
    return box
