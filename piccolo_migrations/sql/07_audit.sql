-- The audit trail cannot be emptied either (row triggers see no TRUNCATE). One trigger a table:
-- those of the parent do not fire for a partition that is named directly. New partitions get theirs
-- where they are made (`domain/store/partitions.py`).
DO $$
DECLARE
    kept regclass;
BEGIN
    FOR kept IN SELECT relid FROM pg_partition_tree('audit_entry') LOOP
        EXECUTE format('CREATE TRIGGER audit_entry_is_kept BEFORE TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept);
    END LOOP;
END $$;
