"""/executions/{id}/replays: run an execution again, and how."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import InvalidInput, NotFound
from domain.operations.replay_execution import (
    CannotReplay,
    ReplayedMeanwhile,
    replay_execution,
)
from domain.rules.execution_states import TERMINAL
from domain.rules.permissions import RUN_TRIGGERS, SEE_PAYLOADS, Actor
from domain.store.pages_events import event_body
from domain.store.replays import Replayable, find_replayable, replays_of
from web.controllers.api.views import id_in_path
from web.forms.reading import FORM, Errors, read_form
from web.forms.replay import Editable, ReplayForm, editable, replay_errors
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.services import Services


async def _find(actor: Actor, execution_id: str) -> Replayable:
    found = await find_replayable(actor.team_id, id_in_path(execution_id))
    if found is None:
        raise NotFound
    return found


async def _original(actor: Actor, execution: Replayable) -> Editable:
    if not actor.may(SEE_PAYLOADS):
        return Editable(why_not="Your role does not show payloads.")
    return editable(await event_body(actor.team_id, execution.event_id))


async def _drawn(
    request: HtmxRequest, execution: Replayable, form: ReplayForm, errors: Errors, status: int = 200
) -> Template:
    context = {
        "execution": execution,
        "original": await _original(request.user, execution),
        "form": form,
        "errors": errors,
        "has_ended": execution.state in TERMINAL,
        "replays": await replays_of(request.user.team_id, execution.id),
    }
    part = "replays/_form.html"
    return page_or_partial(request, "replays/new.html", part, context, status=status)


async def _replay(
    request: HtmxRequest, actor: Actor, services: Services, execution: Replayable, form: ReplayForm
) -> Response[Any]:
    """The replay's page, or the form again with what is wrong."""
    try:
        asked = form.replay(await _original(actor, execution))
        made = await replay_execution(actor, services.versions, execution.id, asked)
    except InvalidInput as refused:
        return await _drawn(request, execution, form, replay_errors(refused), 422)
    except ReplayedMeanwhile as refused:
        seen = await _find(actor, str(execution.id))
        errors = {FORM: [refused.message]}
        return await _drawn(request, seen, form.once_more(seen.replays), errors, 409)
    except CannotReplay as refused:
        return await _drawn(request, execution, form, {FORM: [refused.message]}, 409)
    services.ring_executions([made])
    services.feed.nudge(actor.team_id, "executions", f"execution:{execution.id}")
    return go_to(request, f"/executions/{made}")


class ReplayPages(Controller):
    """Replays of one execution."""

    path = "/executions/{execution_id:str}/replays"

    @get(opt={"permission": RUN_TRIGGERS})
    async def new(
        self, request: HtmxRequest, execution_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form, with the payload to edit, and the replays that there are."""
        execution = await _find(actor, execution_id)
        original = await _original(actor, execution)
        form = ReplayForm(payload=original.text, seen=str(execution.replays))
        return await _drawn(request, execution, form, {})

    @post(status_code=200, opt={"permission": RUN_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        execution_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On to the replay, or the form again with everything that was typed."""
        execution = await _find(actor, execution_id)
        form = ReplayForm.typed(await read_form(request))
        return await _replay(request, actor, services, execution, form)
