-- Indexes that the filters of the lists read. Each costs every execution or decision a little, so
-- there is one only where a filter is on screen.

CREATE INDEX execution_by_state ON execution (team_id, state, id);
CREATE INDEX execution_by_workflow ON execution (team_id, workflow_id, id);
-- Events that fired are found by their executions; what needs an index is why others did not.
CREATE INDEX decision_by_verdict ON decision (team_id, verdict, id) WHERE verdict <> 'fired';
