-- Plans: what differed when somebody looked, kept row by row, so that exactly that can be applied.

CREATE TABLE queue.plan (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope      text,
    rows       bigint NOT NULL,
    held       bigint NOT NULL,
    totals     jsonb NOT NULL,
    mark       text NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now(),
    made_by    text NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now(),
    applied_at timestamptz,
    applied_by text
);
CREATE INDEX plan_open ON queue.plan (mark) WHERE applied_at IS NULL;
COMMENT ON TABLE queue.plan IS 'What sverka plan has shown; forgotten queue.keep after it was last shown or applied, and one that nobody applied when many newer ones have been made.';
COMMENT ON COLUMN queue.plan.scope IS 'The one article or order that was asked for; NULL = everything.';
COMMENT ON COLUMN queue.plan.rows IS 'Rows to be written, not those that were held.';
COMMENT ON COLUMN queue.plan.held IS 'Rows that were held when it was shown: they are no part of what is applied.';
COMMENT ON COLUMN queue.plan.totals IS 'How many rows of each job and action.';
COMMENT ON COLUMN queue.plan.mark IS 'Of all its rows: the same content shown again is the same plan.';
COMMENT ON COLUMN queue.plan.seen_at IS 'When it was last shown.';
COMMENT ON COLUMN queue.plan.applied_at IS 'Once, and never again.';

CREATE TABLE queue.plan_row (
    plan_id bigint NOT NULL REFERENCES queue.plan ON DELETE CASCADE,
    n       bigint NOT NULL,
    job     text NOT NULL,
    kind    text NOT NULL,
    action  text NOT NULL,
    place   text NOT NULL,
    row     text NOT NULL,
    old     text,
    new     text,
    held    text,
    mark    bigint NOT NULL,
    state   text CHECK (state IN ('done', 'there', 'moved', 'held', 'left')),
    now_old text,
    now_new text,
    why     text,
    PRIMARY KEY (plan_id, n)
);
CREATE INDEX plan_row_named ON queue.plan_row (plan_id, row);
COMMENT ON TABLE queue.plan_row IS 'The rows of a plan as they were shown. A call of a plan sends a row only while the view still shows it so.';
COMMENT ON COLUMN queue.plan_row.kind IS 'The view of schema diff that it is from.';
COMMENT ON COLUMN queue.plan_row.place IS 'The warehouse, or the source of a price; else empty.';
COMMENT ON COLUMN queue.plan_row.held IS 'Why it was not to be written.';
COMMENT ON COLUMN queue.plan_row.mark IS 'Of its key, its old and its new value: of all that would be written, also what old and new do not show.';
COMMENT ON COLUMN queue.plan_row.state IS 'NULL = not applied, or not known yet. done = written by the plan; there = it stands so already; moved = old or new is not what was shown; held = something holds it now; left = its call came to nothing, or another one had it.';
COMMENT ON COLUMN queue.plan_row.now_old IS 'Of a row that has moved: what the view showed instead; likewise now_new.';
COMMENT ON COLUMN queue.plan_row.why IS 'Why it was not written.';

ALTER TABLE queue.run ADD COLUMN plan_id bigint;
CREATE INDEX run_of_plan ON queue.run (plan_id) WHERE plan_id IS NOT NULL;
COMMENT ON COLUMN queue.run.plan_id IS 'The plan that it applies: of what differs it writes what the plan shows, and nothing else.';

ALTER TABLE mirror.purchase ADD COLUMN plan_id bigint;
COMMENT ON COLUMN mirror.purchase.plan_id IS 'The plan for which it was taken up, if it was for one.';
