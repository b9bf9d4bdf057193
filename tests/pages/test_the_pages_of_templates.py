"""Templates: listed, read, made of a workflow, and taken over when there is something new."""

import re
from urllib.parse import urlencode
from uuid import UUID

from domain.operations.add_template_version import add_template_version
from domain.operations.create_template import create_template
from domain.operations.create_workflow import create_workflow
from domain.operations.edit_workflow import WorkflowEdit, edit_workflow
from domain.operations.template_versions import TemplateUse
from domain.store.workflows import WorkflowRow, find_workflow
from tests.pages.browsing import Browser, words
from tests.pages.workflow_forms import fields_of
from tests.support.world import CALL, World

NEWER = {**CALL, "url": "https://example.org/newer"}
MINE = {**CALL, "timeout_s": 30}


def hidden_in(page: str) -> dict[str, str]:
    """The hidden fields of the form that takes an update."""
    form = page.partition('<form class="take"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))


async def with_news(world: World, *steps: object) -> tuple[str, WorkflowRow]:
    """A template of two versions, and a workflow made from the first whose steps are `steps`."""
    source = await create_workflow(world.alice, "Source", [CALL])
    template = (await create_template(world.alice, source.id, "Orders", "For orders")).reference
    use = TemplateUse(template, 1)
    made = await create_workflow(world.alice, "Made from it", [CALL], made_from=use)
    if steps:
        made = await edit_workflow(world.alice, made.id, WorkflowEdit(steps=list(steps)))
    await edit_workflow(world.alice, source.id, WorkflowEdit(steps=[NEWER]))
    await add_template_version(world.alice, template, source.id, "A new address")
    return template, made


async def test_a_new_workflow_begins_with_what_the_template_has(
    alice: Browser, world: World
) -> None:
    listed = await alice.read("/workflow-templates")
    assert "Post a message to Slack" in listed
    assert "It needs the secret slack_token." in await alice.read(
        "/workflow-templates/library:post-to-slack"
    )

    form = fields_of((await alice.get("/workflows/new?template=library:post-to-slack")).text)
    made = await alice.post("/workflows", {**form, "name": "Tell", "save_as": "draft"})

    row = await find_workflow(world.alice.team_id, UUID(made.headers["location"].split("/")[-1]))
    assert row is not None
    assert (row.template, row.draft_template_version) == ("library:post-to-slack", 1)
    assert '"channel"' in (row.draft_input_schema or "")


async def test_a_workflow_is_saved_as_a_template_and_then_as_its_next_version(
    alice: Browser, world: World
) -> None:
    source = await create_workflow(world.alice, "Source", [CALL])
    path = f"/workflows/{source.id}/template"

    nameless = await alice.post(path, {"of": "", "name": " ", "description": "kept"})
    made = await alice.post(path, {"of": "", "name": "Orders", "description": "For orders"})
    await edit_workflow(world.alice, source.id, WorkflowEdit(steps=[NEWER]))
    template = made.headers["location"].split("/")[-1]
    silent = await alice.post(path, {"of": template, "note": ""})
    await alice.post(path, {"of": template, "note": "A new address"})

    assert nameless.status_code == 422
    assert "kept" in nameless.text
    assert "Must say what is new." in words(silent.text)
    shown = await alice.read(f"/workflow-templates/{template}")
    assert "Version 2 A new address" in shown
    assert "1 change since version 1" in shown


async def test_what_is_new_is_offered_and_taken_into_the_draft_only(
    alice: Browser, world: World
) -> None:
    _, made = await with_news(world)
    path = f"/workflows/{made.id}"
    assert "Version 2 of the template it was made from is there" in await alice.read(path)

    page = await alice.get(f"{path}/template-update")
    shown = words(page.text)
    taken = await alice.post(f"{path}/template-update", hidden_in(page.text))

    assert "Version 2 A new address" in shown
    assert "Step notify Changed in the template It is changed here, too." in shown
    assert taken.headers["location"] == path
    row = await find_workflow(world.alice.team_id, made.id)
    assert row is not None
    assert (row.version, row.template_version, row.draft_template_version) == (1, 1, 2)
    assert "There is nothing new" in await alice.read(f"{path}/template-update")


async def test_a_step_changed_here_too_stays_unless_it_is_ticked(
    alice: Browser, world: World
) -> None:
    _, made = await with_news(world, MINE)
    path = f"/workflows/{made.id}/template-update"

    asked = await alice.read(path)
    ticked = await alice.read(f"{path}?{urlencode({'take.steps.notify': 'on'})}")
    form = hidden_in((await alice.get(path)).text)
    await alice.post(path, {**form, "take.steps.notify": "on"})

    assert "It was changed here, too: it stays as it is here, unless this is ticked." in asked
    assert "It is the same as now." in asked
    assert "steps. notify. url Changed" in ticked.split("The draft that comes of it")[1]
    row = await find_workflow(world.alice.team_id, made.id)
    assert row is not None
    assert "https://example.org/newer" in (row.draft_steps or "")


async def test_what_was_looked_at_is_what_is_taken(alice: Browser, world: World) -> None:
    _, made = await with_news(world)
    path = f"/workflows/{made.id}/template-update"
    form = hidden_in((await alice.get(path)).text)
    await edit_workflow(world.alice, made.id, WorkflowEdit(steps=[MINE], draft=True))

    late = await alice.post(path, form)

    assert late.status_code == 409
    assert "Someone else changed this in the meantime." in words(late.text)


async def test_viewers_read_and_editors_delete(alice: Browser, bob: Browser, world: World) -> None:
    template, made = await with_news(world)

    assert "New workflow" not in await bob.read(f"/workflow-templates/{template}")
    told = await bob.read(f"/workflows/{made.id}")
    assert "Version 2 of the template it was made from is there." in told
    assert "See what is new" not in told
    assert (await bob.press("DELETE", f"/workflow-templates/{template}")).status_code == 403
    gone = await alice.press("DELETE", f"/workflow-templates/{template}")
    assert gone.headers["hx-redirect"] == "/workflow-templates"
    assert "a template that is gone" in await alice.read(f"/workflows/{made.id}")
