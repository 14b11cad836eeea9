-- What is broken, told to people once when it breaks and once when it is mended, whichever daemon finds it.

ALTER TABLE queue.upstream ADD COLUMN denied bool NOT NULL DEFAULT false;
COMMENT ON COLUMN queue.upstream.denied IS 'It refused our credentials, or a page stood in its place, and it has not answered since: a person has to act.';

CREATE TABLE queue.incident (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN ('stale', 'held', 'quarantined', 'denied')),
    subject   text NOT NULL,
    facts     jsonb NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX incident_open_once ON queue.incident (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX incident_closed ON queue.incident (closed_at) WHERE closed_at IS NOT NULL;
COMMENT ON TABLE queue.incident IS 'What [notify] tells people of: a row while it is broken, kept for queue.keep after it was mended.';
COMMENT ON COLUMN queue.incident.kind IS 'stale = a promise of [freshness] is broken; held = rows are held by [guard]; quarantined = a call that may have happened; denied = an upstream does not let us in.';
COMMENT ON COLUMN queue.incident.subject IS 'The job, the hold, the call, the upstream.';
COMMENT ON COLUMN queue.incident.facts IS 'What was known when it was found, and how it ended. Never a secret.';

CREATE TABLE queue.notice (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES queue.incident ON DELETE CASCADE,
    news        text NOT NULL CHECK (news IN ('broken', 'mended')),
    channel     text NOT NULL CHECK (channel IN ('webhook', 'mail')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    attempts    int NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    given_up_at timestamptz,
    words       text,
    UNIQUE (incident_id, news, channel)
);
CREATE INDEX notice_waiting ON queue.notice (channel, id) WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX notice_sent ON queue.notice (channel, sent_at) WHERE sent_at IS NOT NULL;
COMMENT ON TABLE queue.notice IS 'The outbox of [notify]: what is to be told, or was, by which way. Those that are due together go in one message.';
COMMENT ON COLUMN queue.notice.due_at IS 'Sent then; while somebody is sending it, the time after which somebody else does.';
COMMENT ON COLUMN queue.notice.given_up_at IS 'It could not be delivered for days.';
COMMENT ON COLUMN queue.notice.words IS 'Why it could not be delivered the last time.';
