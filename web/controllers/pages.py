"""The pages that people see: the door, and what lies behind it."""

from litestar import Router

from web.auth import page_access, same_origin
from web.controllers.activations import ActivationPages
from web.controllers.api_keys import KeyPages
from web.controllers.backfills import BackfillPages
from web.controllers.backtest_events import BacktestEventPages
from web.controllers.backtests import BacktestPages
from web.controllers.bulk_actions import BulkActionPages
from web.controllers.calendars import CalendarPages
from web.controllers.cancellations import CancellationPages
from web.controllers.condition_trials import ConditionTrials
from web.controllers.dead_letters import DeadLetterList
from web.controllers.destinations import DestinationPages
from web.controllers.event_list import EventList
from web.controllers.events import EventPages
from web.controllers.execution_list import ExecutionList
from web.controllers.executions import ExecutionPages
from web.controllers.invitations import InvitationMembership, InvitationPages, TeamInvitations
from web.controllers.limit_trials import LimitTrialPages
from web.controllers.limit_usage import LimitLiftPages, LimitPages
from web.controllers.lineage import LineagePages
from web.controllers.live import live
from web.controllers.manual_runs import ManualRunPages
from web.controllers.members import MemberPages, TeamPages
from web.controllers.oidc import begin_oidc, finish_oidc
from web.controllers.overview import overview
from web.controllers.password_resets import PasswordResetLink, PasswordResetPages
from web.controllers.profile import PasswordPages, ProfilePages, TeamChoice
from web.controllers.refused_requests import RefusedOfTrigger, RefusedRequestList
from web.controllers.reliability import ReliabilityPages
from web.controllers.replays import ReplayPages
from web.controllers.resolutions import ResolutionPages
from web.controllers.saved_views import SavedViewRemovals, SavedViews
from web.controllers.schedule_previews import SchedulePreviews
from web.controllers.secrets import SecretPages
from web.controllers.session import show_sign_in, sign_in_with_form, sign_out_of_session
from web.controllers.sessions import SessionPages
from web.controllers.setup import SetUpPages
from web.controllers.shadow_promotions import ShadowPromotionPages
from web.controllers.shadows import ShadowPages
from web.controllers.slots import SlotList, SlotsOfTrigger
from web.controllers.team_limits import TeamLiftPages, TeamLimitPages
from web.controllers.template_updates import TemplateUpdatePages
from web.controllers.test_events import TestEventPages
from web.controllers.trigger_bulk import TriggerBulk
from web.controllers.trigger_forms import TriggerForms
from web.controllers.trigger_list import TriggerList
from web.controllers.trigger_secrets import TriggerSecretPages
from web.controllers.trigger_versions import TriggerVersionPages
from web.controllers.triggers import TriggerPages
from web.controllers.workflow_forms import WorkflowForms
from web.controllers.workflow_templates import TemplateForm, TemplatePages
from web.controllers.workflow_versions import PublicationPages, RollbackPages, VersionPages
from web.controllers.workflows import DraftPages, WorkflowPages
from web.htmx import HtmxRequest

_door = Router(
    path="/",
    route_handlers=[
        show_sign_in,
        sign_in_with_form,
        begin_oidc,
        finish_oidc,
        SetUpPages,
        InvitationPages,
        PasswordResetPages,
        PasswordResetLink,
    ],
    guards=[same_origin],
)
_inside = Router(
    path="/",
    route_handlers=[
        overview,
        live,
        sign_out_of_session,
        ProfilePages,
        PasswordPages,
        TeamChoice,
        SessionPages,
        TeamPages,
        TeamLimitPages,
        TeamLiftPages,
        MemberPages,
        TeamInvitations,
        InvitationMembership,
        TriggerList,
        TriggerBulk,
        SavedViews,
        SavedViewRemovals,
        TriggerForms,
        ConditionTrials,
        SchedulePreviews,
        TriggerPages,
        ActivationPages,
        LimitPages,
        LimitLiftPages,
        ManualRunPages,
        TestEventPages,
        TriggerSecretPages,
        TriggerVersionPages,
        BackfillPages,
        BacktestPages,
        BacktestEventPages,
        LimitTrialPages,
        ShadowPages,
        ShadowPromotionPages,
        CalendarPages,
        DestinationPages,
        RefusedRequestList,
        RefusedOfTrigger,
        SlotList,
        SlotsOfTrigger,
        ReliabilityPages,
        KeyPages,
        EventList,
        EventPages,
        LineagePages,
        ExecutionList,
        ExecutionPages,
        CancellationPages,
        ReplayPages,
        DeadLetterList,
        BulkActionPages,
        ResolutionPages,
        WorkflowForms,
        WorkflowPages,
        DraftPages,
        PublicationPages,
        VersionPages,
        RollbackPages,
        TemplatePages,
        TemplateForm,
        TemplateUpdatePages,
        SecretPages,
    ],
    guards=[page_access],
)
pages_router = Router(
    path="/",
    route_handlers=[_door, _inside],
    request_class=HtmxRequest,
    include_in_schema=False,
)
