"""304 for whoever has these very bytes: for pages; the API knows its ETags before it is asked."""

from flask import Response, request


def revalidated(response: Response) -> Response:
    """Give a page its ETag, and no body where the client has it."""
    if response.status_code == 200 and request.method in {"GET", "HEAD"}:
        response.add_etag()
        response.make_conditional(request)
    return response
