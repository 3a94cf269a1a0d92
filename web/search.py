"""The search page."""

from starlette.requests import Request
from starlette.responses import Response

from index.query import Interval, Results, Sort
from news.errors import BadQuery
from web import facets, render
from web.chart import chart
from web.question import Question
from web.results import copies_of, results
from web.rooms import Rooms, rooms_of

SORTS = {Sort.RELEVANCE: "Best match", Sort.NEWEST: "Newest first", Sort.OLDEST: "Oldest first"}


async def search(request: Request) -> Response:
    """Answer `GET /`. A question that cannot be answered gives the page with the reason, at 400.

    Raises IndexUnavailable.
    """
    rooms = rooms_of(request)
    try:
        question = Question.of(request.query_params.multi_items())
        query = question.query(facets=facets.SHOWN, facet_size=facets.VALUES, histogram=Interval.DAY, highlight=True)
        found = await rooms.index.search(query)
    except BadQuery as error:
        words = Question.of([("q", request.query_params.get("q", ""))])
        return render.page("search.html", 400, question=words, sorts=SORTS, mistake=str(error), found=None)
    return await _answered(rooms, question, found)


async def _answered(rooms: Rooms, question: Question, found: Results) -> Response:
    stories = await copies_of(rooms.index, [hit.document for hit in found.hits])
    rooms.outlets.learn(hit.document for hit in found.hits)
    rooms.outlets.learn(document for story in stories.values() for document in story)
    labels = {(key, bucket.value): bucket.label for key, buckets in found.facets.items() for bucket in buckets}
    return render.page(
        "search.html",
        question=question,
        sorts=SORTS,
        mistake="",
        found=found,
        results=results(found.hits, stories, rooms.outlets, question.timezone),
        facets=facets.lists(question, found.facets, rooms.outlets),
        chips=facets.chips(question, rooms.outlets, labels),
        chart=chart(found.histogram),
        next_href=question.href(cursor=found.next_cursor) if found.next_cursor else "",
    )
