"""Who may do what: teams, people, their sessions and keys, and the tokens that let someone in."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from domain.store.columns import moment, optional_id, optional_moment, required_id


class Team(Table):
    """Owns everything below."""

    id = UUID(primary_key=True, default=None)
    name = Text(default=None, null=False)
    slug = Text(default=None, null=False, unique=True)
    system = Boolean(default=False, help_text="holds the canaries, and no people")
    most_schedules = Integer(default=1000)
    shortest_interval_s = Integer(default=60, help_text="between two slots of a schedule")
    rate_limits = JSONB(null=False, default="[]", help_text="windows of all its triggers together")
    limits_lifted_until = optional_moment()
    limits_lifted_by = Text(null=True, default=None)
    created_at = moment()


class User(Table, tablename="app_user"):
    """A person who can sign in (`user` is a reserved word of SQL)."""

    id = UUID(primary_key=True, default=None)
    email = Text(default=None, null=False, unique=True, help_text="in lower case")
    name = Text(default=None, null=False)
    password_hash = Text(default=None, null=True, secret=True, help_text="Argon2id; null: none")
    oidc_subject = Text(default=None, null=True, unique=True, help_text="issuer and subject")
    zone = Text(default=None, null=True, help_text="IANA name; null: the browser's")
    locale = Text(default=None, null=True, help_text="BCP 47 tag; null: the browser's")
    theme = Text(default="system", null=False, help_text="system, light or dark")
    created_at = moment()


class Membership(Table):
    """A user's role in a team: viewer, editor or admin."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    user_id = required_id()
    role = Text(default=None, null=False)
    created_at = moment()
    seen_at = optional_moment(help_text="when they were last here")


class Session(Table):
    """A signed-in browser. The cookie's value is stored hashed: a leaked dump signs no one in."""

    id = UUID(primary_key=True, default=None)
    token_hash = Bytea(default=None, null=False, unique=True)
    user_id = required_id()
    team_id = required_id()
    created_at = moment()
    seen_at = moment()
    expires_at = Timestamptz(default=None, null=False)
    address = Text(default="", null=False, help_text="where the sign-in came from")
    user_agent = Text(default="", null=False, help_text="what the browser called itself then")


class ApiKey(Table):
    """A key of the JSON API, stored hashed, shown once, known by its prefix."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    name = Text(default=None, null=False)
    prefix = Text(default=None, null=False)
    key_hash = Bytea(default=None, null=False, unique=True)
    role = Text(default=None, null=False)
    created_at = moment()
    used_at = optional_moment()
    revoked_at = optional_moment()
    expires_at = optional_moment(help_text="from then on it opens nothing")
    user_id = optional_id()
    replaces = optional_id()


class Invitation(Table):
    """Asks someone into a team, by a one-time token that is stored hashed."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    email = Text(default=None, null=False, help_text="in lower case")
    role = Text(default=None, null=False)
    token_hash = Bytea(default=None, null=False, unique=True)
    invited_by = Text(default=None, null=False)
    made_by = optional_id()
    created_at = moment()
    expires_at = Timestamptz(default=None, null=False)
    accepted_at = optional_moment()


class PasswordReset(Table):
    """Lets someone choose a new password once, by a token that is stored hashed."""

    id = UUID(primary_key=True, default=None)
    user_id = required_id()
    token_hash = Bytea(default=None, null=False, unique=True)
    made_by = optional_id()
    created_at = moment()
    expires_at = Timestamptz(default=None, null=False)
    used_at = optional_moment()


class SetupToken(Table):
    """Lets whoever reads the server's console make the first admin. Stored hashed."""

    id = UUID(primary_key=True, default=None)
    token_hash = Bytea(default=None, null=False, unique=True)
    created_at = moment()
    used_at = optional_moment()


class SavedView(Table):
    """The filters of a list that someone gave a name."""

    id = UUID(primary_key=True, default=None)
    team_id = required_id()
    user_id = required_id()
    page = Text(default=None, null=False)
    name = Text(default=None, null=False)
    query = Text(default=None, null=False, help_text="as in the address, without the `?`")
    created_at = moment()
