-- Fills the lists of one team with `:amount` events, one in ten of them with an execution, evenly
-- over the 8 days up to `:now`. The first of the 100 triggers gets half of them; the last one's
-- events are all of the first hours. `filling.py` puts in what stands behind a colon.

CREATE OR REPLACE FUNCTION pg_temp.id_at(instant timestamptz, salt text) RETURNS uuid
LANGUAGE sql IMMUTABLE RETURN (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0')
    || '7' || substr(md5(salt), 1, 3) || '8' || substr(md5(salt), 4, 15))::uuid;

CREATE OR REPLACE FUNCTION pg_temp.id_of(salt text) RETURNS uuid
LANGUAGE sql IMMUTABLE RETURN pg_temp.id_at('2026-01-01Z', salt);

INSERT INTO workflow (id, team_id, name)
SELECT pg_temp.id_of('workflow ' || n), ':team', 'Workflow ' || n FROM generate_series(1, 20) n;

INSERT INTO trigger (id, team_id, name, kind, hook_token, workflow_id, version, version_id)
SELECT pg_temp.id_of('trigger ' || n), ':team', 'Trigger ' || n, 'webhook', 'token ' || n,
    pg_temp.id_of('workflow ' || 1 + n % 20), 1, pg_temp.id_of('version ' || n)
FROM generate_series(1, 100) n;

INSERT INTO trigger_version (id, team_id, trigger_id, number, workflow_id, config, limits, retry,
    created_by)
SELECT pg_temp.id_of('version ' || n), ':team', pg_temp.id_of('trigger ' || n), 1,
    pg_temp.id_of('workflow ' || 1 + n % 20), '{"scheme": "none"}', '{}', '{}', 'bench'
FROM generate_series(1, 100) n;

CREATE TEMP TABLE made AS
SELECT n, at, pg_temp.id_at(at, 'event ' || n) AS event_id,
    pg_temp.id_of('trigger ' || trigger) AS trigger_id, trigger,
    CASE WHEN n % 10 = 0 THEN 'fired' WHEN n % 1009 = 0 THEN 'error' WHEN n % 503 = 0 THEN 'paused'
         WHEN n % 101 = 0 THEN 'rate_limited' WHEN n % 53 = 0 THEN 'duplicate' ELSE 'filtered'
    END AS verdict
FROM (
    SELECT n, ':now'::timestamptz - interval '8 days' * (1 - n / :amount.0) AS at,
        CASE WHEN n <= :amount / 1000 THEN 100 WHEN n % 20 < 10 THEN 1 ELSE 2 + n / 20 % 98 END
            AS trigger
    FROM generate_series(1, :amount) n
) spread;

INSERT INTO event (id, team_id, trigger_id, kind, received_at, headers, query, content_type, title,
    sender_id, body)
SELECT event_id, ':team', trigger_id, 'webhook', at, '[["user-agent", "bench"]]', '',
    'application/json', 'order.' || (ARRAY['created', 'paid', 'shipped'])[1 + n % 3] || ' ' || n,
    'delivery-' || n, convert_to(format(
        '{"order": {"id": %s, "total": %s.50, "lines": [{"sku": "sku-%s", "count": 2}]}, '
        '"customer": {"name": "Customer %s", "city": "%s"}}',
        n, n % 1000, n % 77, n % 5000, md5(n::text)), 'UTF8')
FROM made ORDER BY n;

INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, trigger_version,
    verdict, trace, execution_id, decided_at)
SELECT pg_temp.id_at(at, 'decision ' || n), ':team', event_id, trigger_id,
    pg_temp.id_of('version ' || trigger), 1, verdict, '{"result": true, "clauses": []}',
    CASE verdict WHEN 'fired' THEN pg_temp.id_at(at, 'execution ' || n) END, at
FROM made ORDER BY n;

INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
    workflow_version_id, workflow_version, state, attempt, due_at, created_at, started_at,
    finished_at)
SELECT pg_temp.id_at(at, 'execution ' || n), ':team', event_id, trigger_id,
    pg_temp.id_of('version ' || trigger), pg_temp.id_of('workflow ' || 1 + trigger % 20),
    pg_temp.id_of('workflow ' || 1 + trigger % 20), 1,
    CASE WHEN n % 1030 = 0 THEN 'dead' WHEN n % 730 = 0 THEN 'failed' WHEN n % 5030 = 0
         THEN 'canceled' ELSE 'succeeded' END, 1, at, at, at, at + interval '40 ms'
FROM made WHERE verdict = 'fired' ORDER BY n;

INSERT INTO trigger_hour (id, team_id, trigger_id, hour, outcome, amount)
SELECT gen_random_uuid(), ':team', trigger_id, date_trunc('hour', at), verdict, count(*)
FROM made GROUP BY trigger_id, date_trunc('hour', at), verdict;

DROP TABLE made;
