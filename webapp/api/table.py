"""Every route of the API: its path, its view, its parameters and the shape of its data."""

from . import awards, heatmap, history, live, methodology, outages, parks, rankings, rides, search, trends, waits
from .awards import Award, AwardsQuestion
from .heatmap import HeatCell, HeatmapQuestion
from .history import HistoryQuestion, ParkPoint, RidePoint
from .live import LivePark
from .methodology import Methodology
from .outages import Outage, OutagesQuestion
from .parks import ListedPark, ParkDetail
from .questions import ListQuestion, Question, RankingQuestion, RideRankingQuestion
from .ranked import RankedPark, RankedRide
from .rides import RideDetail
from .route import Route
from .search import Found, SearchQuestion
from .trends import Changed, TrendsQuestion
from .waits import RideWait, WaitsQuestion

ROUTES = (
    Route("/live", live.get, ListQuestion, list[LivePark], "What is down right now, in every park that runs"),
    Route("/parks", parks.get_list, ListQuestion, list[ListedPark], "Every park"),
    Route("/parks/rankings", rankings.get_parks, RankingQuestion, list[RankedPark], "The hall of shame: parks"),
    Route("/parks/<int:park_id>", parks.get_one, Question, ParkDetail, "All about a park"),
    Route("/parks/<int:park_id>/history", history.get_park, HistoryQuestion, list[ParkPoint], "A park over time"),
    Route("/rides/rankings", rankings.get_rides, RideRankingQuestion, list[RankedRide], "The hall of shame: rides"),
    Route("/rides/<int:ride_id>", rides.get_one, Question, RideDetail, "All about a ride"),
    Route("/rides/<int:ride_id>/history", history.get_ride, HistoryQuestion, list[RidePoint], "A ride over time"),
    Route("/rides/<int:ride_id>/outages", outages.get_ride, OutagesQuestion, list[Outage], "Each outage of a ride"),
    Route("/heatmap", heatmap.get, HeatmapQuestion, list[HeatCell], "A park's or a ride's hours by day"),
    Route("/waits", waits.get, WaitsQuestion, list[RideWait], "The longest waits"),
    Route("/trends", trends.get, TrendsQuestion, list[Changed], "Most improved and most declined"),
    Route("/awards", awards.get, AwardsQuestion, list[Award], "Records, and the most and least reliable"),
    Route("/search", search.get, SearchQuestion, list[Found], "Parks and rides by name"),
    Route("/methodology", methodology.get, Question, Methodology, "The rules and constants in force"),
)
