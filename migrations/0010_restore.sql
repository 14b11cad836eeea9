-- What people did to calls; whether this database is the one that the daemon knew; which process of a host is gone.

CREATE TABLE queue.audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    who     text NOT NULL,
    command text NOT NULL,
    call_id bigint,
    words   text
);
CREATE INDEX audit_of_call ON queue.audit (call_id);
COMMENT ON TABLE queue.audit IS 'What a person did: one row for each act that changed what the daemon does by itself. Never pruned with its call.';
COMMENT ON COLUMN queue.audit.who IS 'user@host, as the operating system names them.';
COMMENT ON COLUMN queue.audit.words IS 'What was found then: the state before.';

ALTER TABLE queue.daemon
    ADD COLUMN mark     text,
    ADD COLUMN settings jsonb;
COMMENT ON COLUMN queue.daemon.mark IS 'The file in data_dir/alive that the process keeps locked: whoever can lock it knows that the process is gone.';
COMMENT ON COLUMN queue.daemon.settings IS 'Settings that all daemons of one database should share, to show where they differ. Never a secret.';

CREATE TABLE queue.witness (
    id      text PRIMARY KEY,
    beat    bigint NOT NULL DEFAULT 0,
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE queue.witness IS 'One row for each data_dir: how far it has seen this database go. The same number stands in data_dir/generation; a database that holds a smaller one has gone back in time.';

CREATE TABLE queue.restore (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at timestamptz NOT NULL DEFAULT now(),
    why      text NOT NULL,
    who      text NOT NULL,
    waits    text[] NOT NULL,
    ended_at timestamptz,
    ended_by text
);
CREATE UNIQUE INDEX restore_open_once ON queue.restore ((ended_at IS NULL)) WHERE ended_at IS NULL;
COMMENT ON TABLE queue.restore IS 'When this database was found to be older than, or another copy of, the one that the daemon knew. While a row is open, sites that it waits for are only read.';
COMMENT ON COLUMN queue.restore.waits IS 'Sites that have not been read anew since.';
COMMENT ON COLUMN queue.restore.ended_by IS 'reading = every site has been read anew; else the person who said that all is well.';
