-- The durable queue: every call to an upstream is a row here before it is a request on the wire.

CREATE SCHEMA IF NOT EXISTS queue;
COMMENT ON SCHEMA queue IS 'Runs, calls, attempts, leases: how the work gets done, once.';

CREATE TABLE queue.setting (
    name  text PRIMARY KEY,
    value jsonb NOT NULL
);
COMMENT ON TABLE queue.setting IS 'Those settings of the daemon that the views of schema diff need. Never a secret.';

CREATE TABLE queue.daemon (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role       text NOT NULL CHECK (role IN ('daemon', 'command')),
    host       text NOT NULL,
    pid        int NOT NULL,
    version    text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE queue.daemon IS 'Processes that work on this queue; gone ones are pruned by age.';
COMMENT ON COLUMN queue.daemon.seen_at IS 'Heartbeat by the database''s clock.';

CREATE TABLE queue.upstream (
    name         text PRIMARY KEY,
    paused_until timestamptz,
    reason       text
);
COMMENT ON TABLE queue.upstream IS 'Upstreams that rest: after a refused credential or an answer that is not their API.';

CREATE TABLE queue.run (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job          text NOT NULL,
    lane         text NOT NULL,
    scope        text,
    trigger      text NOT NULL CHECK (trigger IN ('schedule', 'signal', 'command')),
    state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'ended')),
    stage        smallint NOT NULL DEFAULT 0,
    rounds       smallint NOT NULL DEFAULT 0,
    open_calls   int NOT NULL DEFAULT 0,
    gate_calls   int NOT NULL DEFAULT 0,
    calls        int NOT NULL DEFAULT 0,
    dead_calls   int NOT NULL DEFAULT 0,
    rows_pulled  bigint NOT NULL DEFAULT 0,
    rows_pushed  bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,
    requested_at timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    ended_at     timestamptz,
    outcome      text CHECK (outcome IN ('done', 'partial', 'failed', 'superseded')),
    note         text,
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX run_open_once ON queue.run (job) WHERE state <> 'ended' AND scope IS NULL;
CREATE UNIQUE INDEX run_lane_once ON queue.run (lane) WHERE state = 'running';
CREATE INDEX run_recent ON queue.run (job, id DESC);
CREATE INDEX run_ended ON queue.run (ended_at) WHERE state = 'ended';
COMMENT ON TABLE queue.run IS 'One execution of a job: a row of stages, each a set of calls; the next stage begins when the gating calls of this one have ended.';
COMMENT ON COLUMN queue.run.lane IS 'Runs of one lane go one after the other: warehouses and stock share the lane keaz.';
COMMENT ON COLUMN queue.run.scope IS 'The one article or order that was asked for; NULL = everything.';
COMMENT ON COLUMN queue.run.rounds IS 'How often the present stage has been filled; a push stage is filled again while the diff is not empty.';
COMMENT ON COLUMN queue.run.open_calls IS 'Calls of this run that have not ended.';
COMMENT ON COLUMN queue.run.gate_calls IS 'Those of them that the next stage waits for.';
COMMENT ON COLUMN queue.run.outcome IS 'done (rows that were refused are counted and put aside); partial = some calls died; failed = a stage could not be made; superseded = the next run of the job took over its waiting calls.';

CREATE TABLE queue.slot (
    job    text NOT NULL,
    slot   timestamptz NOT NULL,
    run_id bigint,
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, slot)
);
COMMENT ON TABLE queue.slot IS 'Scheduled instants that were served; the primary key lets one daemon serve each.';
COMMENT ON COLUMN queue.slot.run_id IS 'NULL where the slot only marks the beginning, or a run of the job was already under way.';

CREATE TABLE queue.call (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id      bigint,
    upstream    text NOT NULL,
    operation   text NOT NULL,
    args        jsonb NOT NULL,
    key         text NOT NULL DEFAULT '',
    class       text NOT NULL CHECK (class IN ('read', 'idempotent', 'guarded')),
    priority    smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
    gating      bool NOT NULL DEFAULT true,
    state       text NOT NULL DEFAULT 'pending'
                CHECK (state IN ('pending', 'running', 'unknown', 'done', 'dead', 'cancelled')),
    attempt     int NOT NULL DEFAULT 0,
    failures    int NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    lease_owner bigint,
    lease_until timestamptz,
    waits_for   bigint,
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    reason      text,
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX call_open_once ON queue.call (key) WHERE state IN ('pending', 'running', 'unknown');
CREATE INDEX call_due ON queue.call (upstream, priority, due_at) WHERE state = 'pending';
CREATE INDEX call_leased ON queue.call (lease_until) WHERE state = 'running';
CREATE INDEX call_unknown ON queue.call (waits_for) WHERE state = 'unknown';
CREATE INDEX call_open ON queue.call (operation) WHERE state IN ('pending', 'running', 'unknown');
CREATE INDEX call_dead ON queue.call (key) WHERE state = 'dead';
CREATE INDEX call_of_run ON queue.call (run_id);
CREATE INDEX call_ended ON queue.call (ended_at) WHERE state IN ('done', 'cancelled');
COMMENT ON TABLE queue.call IS 'Every call to an upstream. A push names what to push, never the value: values are read when the call is made.';
COMMENT ON COLUMN queue.call.key IS 'The intent; one intent is open (pending, running, unknown) once.';
COMMENT ON COLUMN queue.call.class IS 'read; idempotent = sets a value; guarded = a second execution would do harm.';
COMMENT ON COLUMN queue.call.priority IS '0 first: read-backs and what a person waits for; 1 order statuses; 2 reads; 3 bulk.';
COMMENT ON COLUMN queue.call.gating IS 'Whether the next stage of its run waits for it.';
COMMENT ON COLUMN queue.call.state IS 'unknown = the answer was lost; a read-back (waits_for) is under way. dead = kept with its reason for a person.';
COMMENT ON COLUMN queue.call.attempt IS 'Counted when claimed, so that a call that kills its worker is counted too.';
COMMENT ON COLUMN queue.call.failures IS 'Attempts that count against queue.max_attempts: not those that met a refused credential or a stopping daemon.';
COMMENT ON COLUMN queue.call.lease_owner IS 'queue.daemon.id; the end of a call is recorded only while this lease is held.';
COMMENT ON COLUMN queue.call.reason IS 'Why it is where it is, in the upstream''s own words where it gave any.';

CREATE TABLE queue.attempt (
    call_id     bigint NOT NULL REFERENCES queue.call ON DELETE CASCADE,
    attempt     int NOT NULL,
    daemon_id   bigint NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    outcome     text CHECK (outcome IN ('done', 'retry', 'paused', 'unknown', 'dead', 'released', 'lease lost')),
    http_status int,
    words       text,
    retry_at    timestamptz,
    PRIMARY KEY (call_id, attempt)
);
COMMENT ON TABLE queue.attempt IS 'One row an attempt, written when it is claimed: what an admin asks for first.';
COMMENT ON COLUMN queue.attempt.outcome IS 'NULL = under way, or its worker died.';

-- The intent of a call is its operation and its arguments, unless the caller names it (a refused row does).
CREATE FUNCTION queue.name_intent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.key := NEW.operation || ' ' || CASE WHEN length(NEW.args::text) <= 200 THEN NEW.args::text ELSE md5(NEW.args::text) END;
    RETURN NEW;
END $$;
CREATE TRIGGER call_intent BEFORE INSERT ON queue.call FOR EACH ROW WHEN (NEW.key = '') EXECUTE FUNCTION queue.name_intent();

-- Whoever enqueues wakes the workers; a lost notification costs one poll interval.
CREATE FUNCTION queue.wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sverka_queue', '');
    RETURN NULL;
END $$;
CREATE TRIGGER call_wakes AFTER INSERT ON queue.call FOR EACH STATEMENT EXECUTE FUNCTION queue.wake();
CREATE TRIGGER run_wakes AFTER INSERT ON queue.run FOR EACH STATEMENT EXECUTE FUNCTION queue.wake();
