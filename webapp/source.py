"""The source of the data: what it asks to be named by, and its own pages."""

ATTRIBUTION = {"text": "Powered by Queue-Times.com", "url": "https://queue-times.com"}


def park_page(park_id: int) -> str:
    """The URL of a park's page at Queue-Times."""
    return f"{ATTRIBUTION['url']}/parks/{park_id}"


def ride_page(park_id: int, ride_id: int) -> str:
    """The URL of a ride's page at Queue-Times."""
    return f"{park_page(park_id)}/rides/{ride_id}"
