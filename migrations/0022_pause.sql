-- A person's pause of one upstream, beside its breaker.

CREATE TABLE queue.pause (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upstream    text NOT NULL,
    only_pushes bool NOT NULL,
    who         text NOT NULL,
    reason      text,
    since       timestamptz NOT NULL DEFAULT now(),
    until       timestamptz NOT NULL,
    ended_at    timestamptz,
    ended_by    text,
    CHECK (until > since AND until <= since + interval '168 hours')
);
CREATE UNIQUE INDEX pause_open_once ON queue.pause (upstream) WHERE ended_at IS NULL;
COMMENT ON TABLE queue.pause IS 'Upstreams that a person has told us to leave alone for a while. In force while ended_at is NULL and until has not come: so each ends by itself.';
COMMENT ON COLUMN queue.pause.only_pushes IS 'Only what changes something there waits; reads go on.';
COMMENT ON COLUMN queue.pause.who IS 'user@host, or where the page was.';
COMMENT ON COLUMN queue.pause.ended_at IS 'Ended by a person, or another pause took its place; NULL = not before until.';
