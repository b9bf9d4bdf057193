"""The pages that people see: the door, and what lies behind it."""

from litestar import Router

from web.auth import page_access, same_origin
from web.controllers.event_list import EventList
from web.controllers.events import EventPages
from web.controllers.execution_list import ExecutionList
from web.controllers.executions import ExecutionPages
from web.controllers.live import live
from web.controllers.overview import overview
from web.controllers.session import show_sign_in, sign_in_with_form, sign_out_of_session
from web.controllers.trigger_forms import TriggerForms
from web.controllers.trigger_list import TriggerList
from web.controllers.triggers import ActivationPages, TriggerPages
from web.controllers.workflows import PublicationPages, WorkflowPages
from web.htmx import HtmxRequest

_door = Router(path="/", route_handlers=[show_sign_in, sign_in_with_form], guards=[same_origin])
_inside = Router(
    path="/",
    route_handlers=[
        overview,
        live,
        sign_out_of_session,
        TriggerList,
        TriggerForms,
        TriggerPages,
        ActivationPages,
        EventList,
        EventPages,
        ExecutionList,
        ExecutionPages,
        WorkflowPages,
        PublicationPages,
    ],
    guards=[page_access],
)
pages_router = Router(
    path="/",
    route_handlers=[_door, _inside],
    request_class=HtmxRequest,
    include_in_schema=False,
)
