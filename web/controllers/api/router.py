"""The routes of the JSON API as one group: their guard, their headers, their errors."""

from litestar import Router
from litestar.middleware import DefineMiddleware

from web.auth import api_access
from web.controllers.api.backfills import BackfillController
from web.controllers.api.backtests import BacktestController
from web.controllers.api.bulk_actions import BulkActionController
from web.controllers.api.calendars import CalendarController
from web.controllers.api.dead_letters import DeadLetterController
from web.controllers.api.destinations import DestinationController
from web.controllers.api.history import EventController, ExecutionController
from web.controllers.api.keys import KeyController
from web.controllers.api.limit_trials import LimitTrialController
from web.controllers.api.limits import TeamLimitController, TriggerLimitController
from web.controllers.api.lineage import LineageController
from web.controllers.api.refused_requests import RefusedRequestController
from web.controllers.api.reliability import ReliabilityController
from web.controllers.api.replays import ReplayController
from web.controllers.api.resolutions import ResolutionController
from web.controllers.api.runs import RunController
from web.controllers.api.schedules import ScheduleController
from web.controllers.api.secrets import SecretController
from web.controllers.api.shadows import ShadowController
from web.controllers.api.slots import SlotController, SlotsOfTriggerController
from web.controllers.api.templates import TemplateController, TemplateUpdateController
from web.controllers.api.trigger_secrets import TriggerSecretController
from web.controllers.api.triggers import TriggerController
from web.controllers.api.workflows import WorkflowController
from web.errors import api_error
from web.headers import Envelope, security_headers

MOST_BODY_BYTES = 1024 * 1024


def api_router(*, secure: bool) -> Router:
    """The group of routes under /api/v1."""
    return Router(
        path="/api/v1",
        route_handlers=[
            WorkflowController,
            TemplateController,
            TemplateUpdateController,
            TriggerController,
            TriggerLimitController,
            TeamLimitController,
            RunController,
            TriggerSecretController,
            ScheduleController,
            BacktestController,
            LimitTrialController,
            BackfillController,
            CalendarController,
            DestinationController,
            ShadowController,
            RefusedRequestController,
            SlotController,
            SlotsOfTriggerController,
            ReliabilityController,
            EventController,
            LineageController,
            ExecutionController,
            ReplayController,
            DeadLetterController,
            BulkActionController,
            ResolutionController,
            SecretController,
            KeyController,
        ],
        guards=[api_access],
        middleware=[DefineMiddleware(Envelope, headers=security_headers(secure=secure))],
        exception_handlers={Exception: api_error},
        request_max_body_size=MOST_BODY_BYTES,
    )
