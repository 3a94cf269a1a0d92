"""What a form sends, and how large a request's body may be: SecurityMiddleware reads no further."""

from urllib.parse import parse_qs

from starlette.requests import Request

from news.errors import BadQuery

#: a list of a thousand long addresses has less
MOST_BYTES = 2**20
TOO_LARGE = f"The request body is larger than {MOST_BYTES} bytes."
#: fields of a form: that of a watch has two for each value of its filters
MOST_FIELDS = 400


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent, of each the first value; one that was emptied is there, and empty.

    Raises BadQuery for what is no form.
    """
    try:
        fields = parse_qs((await request.body()).decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadQuery("The form data is not valid.") from error
    return {name: values[0] for name, values in fields.items()}
