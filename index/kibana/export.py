"""The files under deploy/kibana: what `install` sends, for people who import by hand."""

import json
from pathlib import Path

from index.kibana.check import check
from index.kibana.code import code
from index.kibana.dashboards import DASHBOARDS
from index.kibana.objects import dashboard, data_view, ndjson, search
from index.kibana.searches import SEARCHES
from index.kibana.views import PAGE, VIEWS, request


def files(page: str = PAGE) -> dict[str, str]:
    """Return file name -> content; `page` is the address of our own page, to which the links lead.

    Raises BadDashboard if Kibana would refuse one of them.
    """
    check()
    shared = [data_view(view, page) for view in VIEWS] + [search(saved) for saved in SEARCHES]
    made = {
        # Stack Management > Saved Objects > Import: everything
        "8.19-9.3/broadsheet.ndjson": ndjson(shared + [dashboard(each) for each in DASHBOARDS]),
        # the same place: data views and searches, which the dashboards as code need
        "9.4/broadsheet.ndjson": ndjson(shared),
    }
    made |= {f"9.4/dashboards/{each.id}.json": _pretty(code(each)) for each in DASHBOARDS}
    made |= {f"data-views/{view.id}.json": _pretty(request(view, page)) for view in VIEWS}
    return made


def export(directory: Path, page: str = PAGE) -> list[Path]:
    """Write the files below `directory` and return their paths. Raises BadDashboard, OSError."""
    written = []
    for name, content in files(page).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        written.append(path)
    return written


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
