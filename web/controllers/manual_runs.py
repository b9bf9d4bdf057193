"""/triggers/{id}/run: somebody gives a manual trigger its input, and says why."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, KeyReused, NotFound
from domain.operations.run_manually import run_manually
from domain.rules.input_schemas import InputSchema, read_input_schema
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.store.manual_runs import Runnable, find_runnable
from web.controllers.api.views import id_in_path
from web.forms.manual_run import RunForm, run_errors
from web.forms.reading import FORM, Errors, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.services import Services

_SENT_BEFORE = "This form was sent before, with something else. Run once more to start another one."


async def _find(actor: Actor, trigger_id: str) -> Runnable:
    """The team's trigger; of another kind than manual it has no form. Raises NotFound."""
    found = await find_runnable(actor.team_id, id_in_path(trigger_id))
    if found is None:
        raise NotFound
    return found


def _schema(trigger: Runnable) -> InputSchema | None:
    return read_input_schema(trigger.input_schema)


def _drawn(
    request: HtmxRequest, trigger: Runnable, form: RunForm, errors: Errors, status: int = 200
) -> Template:
    context = {
        "trigger": trigger,
        "form": form,
        "control": form.control(_schema(trigger)),
        "errors": errors,
    }
    return page_or_partial(request, "runs/new.html", "runs/_form.html", context, status=status)


async def _run(
    request: HtmxRequest, actor: Actor, services: Services, trigger: Runnable, form: RunForm
) -> Response[Any]:
    """The event's page, or the form again with what is wrong."""
    try:
        ran = await run_manually(actor, trigger.id, form.run(_schema(trigger)))
    except InvalidInput as refused:
        errors = run_errors(refused, form.control(_schema(trigger)))
        return _drawn(request, trigger, form, errors, 422)
    except KeyReused:
        return _drawn(request, trigger, form.once_more(), {FORM: [_SENT_BEFORE]}, 409)
    except Conflict as refused:
        return _drawn(request, trigger, form, {FORM: [refused.message]}, 409)
    if not ran.duplicate:
        services.ring_events([ran.event_id])
        services.feed.nudge(actor.team_id, "events")
    return go_to(request, f"/events/{ran.event_id}")


class ManualRunPages(Controller):
    """Run a trigger by hand."""

    path = "/triggers/{trigger_id:str}/run"

    @get(opt={"permission": RUN_TRIGGERS})
    async def new(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form, made from the input schema of the workflow's version that would run."""
        trigger = await _find(actor, trigger_id)
        return _drawn(request, trigger, RunForm.blank(_schema(trigger)), {})

    @post(opt={"permission": RUN_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Runs it; a button of a list (`act`) only draws the form again."""
        trigger, given = await _find(actor, trigger_id), await read_form(request)
        form = RunForm.typed(given)
        if act := given.get("act"):
            return _drawn(request, trigger, form.after(act, _schema(trigger)), {})
        return await _run(request, actor, services, trigger, form)
