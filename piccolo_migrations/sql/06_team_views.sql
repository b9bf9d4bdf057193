-- What those who act for one team can see: `domain/store/team_scope.py` says how it is used.
--
-- One view a table, with the table's name and all of its columns. A connection of the scoped pool
-- resolves names here and nowhere else, so a table that has no view does not exist for it. The
-- views are simple ones, so PostgreSQL writes through them, and plans as if the condition stood
-- in the query: with `team_id = $1` it is the same condition, checked once a statement.
CREATE SCHEMA team_scope;

-- The team that the connection acts for. Without the setting it raises; so nothing is shown.
CREATE FUNCTION team_scope.team() RETURNS uuid LANGUAGE sql STABLE
    RETURN current_setting('signalbox.team')::uuid;

-- Makes one view, or makes it again when the table has got more columns; otherwise leaves it alone,
-- since replacing a view locks out whoever reads it.
CREATE FUNCTION make_team_view(shown name, condition text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM pg_attribute
        WHERE attrelid = to_regclass(format('%I', shown)) AND attnum > 0 AND NOT attisdropped)
        = (SELECT count(*) FROM pg_attribute
        WHERE attrelid = to_regclass(format('team_scope.%I', shown)) AND attnum > 0)
    THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE VIEW team_scope.%I AS SELECT * FROM %I WHERE %s '
        'WITH LOCAL CHECK OPTION', shown, shown, condition);
END $$;

-- Makes all of them; every release calls it after its migrations, so that a new table with a team
-- has its view without anyone's thinking of it. A migration that drops or retypes a column begins
-- with `DROP VIEW team_scope.<table>`.
CREATE FUNCTION make_team_views() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    shown name;
    members CONSTANT text :=
        'IN (SELECT m.user_id FROM membership m WHERE m.team_id = team_scope.team())';
BEGIN
    FOR shown IN
        SELECT t.relname FROM pg_class t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'team_id' AND NOT a.attisdropped
        WHERE t.relnamespace = current_schema()::regnamespace
            AND t.relkind IN ('r', 'p') AND NOT t.relispartition
    LOOP
        PERFORM make_team_view(shown, 'team_id = team_scope.team()');
    END LOOP;
    -- The team itself, its members, and the way back in for one of them. Tables that have no team
    -- and stand neither here have no view: `setup_token` and Piccolo's `migration`.
    PERFORM make_team_view('team', 'id = team_scope.team()');
    PERFORM make_team_view('app_user', 'id ' || members);
    PERFORM make_team_view('password_reset', 'user_id ' || members);
END $$;

SELECT make_team_views();
