-- The circuit breaker of each upstream, shared by all daemons; and batches that are refused whole.

ALTER TABLE queue.upstream
    ADD COLUMN failures  int NOT NULL DEFAULT 0,
    ADD COLUMN openings  int NOT NULL DEFAULT 0,
    ADD COLUMN opened_at timestamptz,
    ADD COLUMN probe_id  bigint;
COMMENT ON TABLE queue.upstream IS 'How each upstream stands: its circuit breaker, its rest, and how fast it is called. No row = never in trouble.';
COMMENT ON COLUMN queue.upstream.paused_until IS 'Nothing is claimed before; while a probe is under way, the end of its lease.';
COMMENT ON COLUMN queue.upstream.failures IS 'Of the upstream itself, in a row, while the breaker is closed.';
COMMENT ON COLUMN queue.upstream.openings IS '0 = the breaker is closed. Else opened, or found still broken by a probe, so many times in a row; half-open when paused_until is over.';
COMMENT ON COLUMN queue.upstream.opened_at IS 'Since when the breaker is not closed.';
COMMENT ON COLUMN queue.upstream.probe_id IS 'The one call that was let through to see whether the upstream is back.';

-- A batch that is refused whole is split until the row that spoils it stands alone.

ALTER TABLE queue.call ADD COLUMN split_of bigint;
COMMENT ON COLUMN queue.call.split_of IS 'The call that was refused whole and of which this one is a half.';

ALTER TABLE queue.attempt
    DROP CONSTRAINT attempt_outcome_check,
    ADD CONSTRAINT attempt_outcome_check CHECK (outcome IN
        ('done', 'retry', 'paused', 'unknown', 'looking', 'quarantined', 'dead', 'released', 'lease lost', 'split'));
