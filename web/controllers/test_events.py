"""/triggers/{id}/test-events: what someone sends to see what the trigger makes of it."""

from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.encryption import CannotOpen
from domain.errors import InvalidInput, NotFound
from domain.operations.explain_decisions import explain_decisions
from domain.operations.sign_test_event import TestDraft, sign_test_event
from domain.rules.permissions import SEND_TEST_EVENTS, Actor
from domain.store.pages import Position
from domain.store.pages_events import decisions_of, event_body, event_shown, page_of_events
from domain.store.pages_trigger_tests import sent_test
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import find_webhook_or_404
from web.deliveries import knock
from web.forms.reading import FORM, Errors, errors_by_field, read_form
from web.forms.test_event import JSON, TestEventForm
from web.htmx import CurrentActor, HtmxRequest, OurServices, page_or_partial
from web.presenters.samples import sample_for, stored_json
from web.presenters.signing_recipes import method_for
from web.presenters.test_results import TestResult, test_result
from web.presenters.traces import decision_shown
from web.services import Services

MOST_OF_LAST_BODY = 256 * 1024
_FIELDS = ("body", "content_type", "headers")
_CANNOT_OPEN = (
    "The signing secret cannot be opened: it was stored under another SECRET_KEY. Rotate it, then "
    "give the new one to the sender."
)


def sample_form(row: TriggerRow) -> TestEventForm:
    """The form with the sample of the trigger's scheme, made to meet its conditions."""
    sample = sample_for(
        stored_json(row.config)["scheme"], stored_json(row.conditions), laid_out=True
    )
    return TestEventForm(sample.body)


def form_context(row: TriggerRow, form: TestEventForm) -> dict[str, Any]:
    """What the panel needs before anything is sent."""
    return {"row": row, "form": form, "errors": {}, "note": "", "result": None}


async def _last_form(actor: Actor, row: TriggerRow) -> tuple[TestEventForm, str]:
    """The form with the body of the last event, or the sample and why not."""
    latest = (await page_of_events(actor.team_id, row.id, Position(), size=1)).rows
    if not latest:
        return sample_form(row), "No event has come yet: this is the sample."
    if latest[0].size > MOST_OF_LAST_BODY:
        return sample_form(row), "The last event's body is too large to edit: this is the sample."
    found = await event_body(actor.team_id, latest[0].id)
    try:
        text = found.body.decode() if found else ""
    except UnicodeDecodeError:
        return sample_form(row), "The last event's body is not text: this is the sample."
    return TestEventForm(text, (found.content_type if found else "") or JSON), ""


async def _send(
    request: HtmxRequest, actor: Actor, services: Services, row: TriggerRow, draft: TestDraft
) -> TestResult:
    since = utc_now()
    delivery = await sign_test_event(actor, services.vault, row.id, draft)
    method = method_for(stored_json(row.config))
    answer = await knock(request.app, delivery, method, request.scope["client"])
    found = None
    if answer.accepted:
        found = await sent_test(actor.team_id, row.id, draft.body, since)
    return test_result(answer, found, switched_on=row.enabled)


async def _outcome(services: Services, row: TriggerRow, event_id: UUID) -> dict[str, Any]:
    """What became of the event so far. Raises NotFound."""
    event = await event_shown(row.team_id, event_id, 0)
    if event is None or event.trigger_id != row.id:
        raise NotFound
    decisions = await decisions_of(row.team_id, event.id)
    explained = await explain_decisions(row.team_id, event.id, services.redactors)
    shown = [decision_shown(each, event.size, explained.get(each.id)) for each in decisions]
    return {"event": event, "decisions": shown}


def _panel(
    request: HtmxRequest, row: TriggerRow, form: TestEventForm, errors: Errors, status: int,
    **more: Any,
) -> Template:  # fmt: skip
    context = {**form_context(row, form), "errors": errors, **more}
    return page_or_partial(
        request, "test_events/new.html", "test_events/_panel.html", context, status=status
    )


class TestEventPages(Controller):
    """Send one, and watch what becomes of it."""

    __test__ = False
    path = "/triggers/{trigger_id:str}/test-events"

    @get("/new", opt={"permission": SEND_TEST_EVENTS})
    async def new(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form, with the sample or (`?body=last`) what came last."""
        row = await find_webhook_or_404(actor, trigger_id)
        form, note = sample_form(row), ""
        if request.query_params.get("body") == "last":
            form, note = await _last_form(actor, row)
        return _panel(request, row, form, {}, 200, note=note)

    @post(status_code=200, opt={"permission": SEND_TEST_EVENTS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Signed, sent through the door; answers with the form and the result."""
        row = await find_webhook_or_404(actor, trigger_id)
        form = TestEventForm.typed(await read_form(request))
        try:
            result = await _send(request, actor, services, row, form.draft())
        except InvalidInput as refused:
            return _panel(request, row, form, errors_by_field(refused.problems, _FIELDS, {}), 422)
        except CannotOpen:
            return _panel(request, row, form, {FORM: [_CANNOT_OPEN]}, 422)
        outcome = await _outcome(services, row, result.event_id) if result.event_id else {}
        return _panel(request, row, form, {}, 200, result=result, **outcome)

    @get("/{event_id:str}", opt={"permission": SEND_TEST_EVENTS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        event_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """What became of it so far."""
        row = await find_webhook_or_404(actor, trigger_id)
        context = {"row": row, **await _outcome(services, row, id_in_path(event_id))}
        return page_or_partial(
            request, "test_events/show.html", "test_events/_outcome.html", context
        )
