-- What happened and left no trace of its own; and short ways to what happened at a time.

CREATE TABLE queue.event (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind  text NOT NULL CHECK (kind IN ('left_alone', 'answers_again', 'daemon_began', 'daemon_ended', 'daemon_gone')),
    facts jsonb NOT NULL
);
CREATE INDEX event_at ON queue.event (at);
COMMENT ON TABLE queue.event IS 'For sverka history: when the breaker of an upstream opened and closed, when daemons began and ended. Kept for queue.keep, the newest 100,000 at most.';
COMMENT ON COLUMN queue.event.kind IS 'left_alone, answers_again: the breaker opened, closed. daemon_gone: it ended without a word, at is when it was last seen.';
COMMENT ON COLUMN queue.event.facts IS 'upstream, words; of a daemon host, pid, version. Never a secret.';

-- A look at one hour of many months reads that hour.
CREATE INDEX attempt_given_up ON queue.attempt (ended_at) WHERE outcome IN ('dead', 'quarantined', 'lease lost');
CREATE INDEX call_refused_at ON queue.call (ended_at) WHERE state = 'dead' AND attempt = 0;
CREATE INDEX audit_at ON queue.audit (at);
CREATE INDEX drift_found ON mirror.drift (found_at);
CREATE INDEX pause_until ON queue.pause (until);
