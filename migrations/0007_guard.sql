-- The fuse: what is held until a person has looked; and what somebody else has changed at the upstreams.

CREATE TABLE queue.hold (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job        text NOT NULL,
    run_id     bigint,
    upstream   text NOT NULL,
    scope      text NOT NULL,
    kind       text NOT NULL,
    rows       bigint NOT NULL,
    of         bigint NOT NULL,
    added      bigint NOT NULL DEFAULT 0,
    why        text NOT NULL,
    state      text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'released', 'refused', 'over')),
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by text
);
CREATE UNIQUE INDEX hold_once ON queue.hold (upstream, scope) WHERE state = 'held';
CREATE INDEX hold_open ON queue.hold (upstream) WHERE state IN ('held', 'refused');
COMMENT ON TABLE queue.hold IS 'Rows that a run would have zeroed, deleted or re-priced, more of them than [guard] allows: not written until a person releases them, or the ERP or the list is mended.';
COMMENT ON COLUMN queue.hold.scope IS 'The warehouse, or the price list; empty = all of the upstream.';
COMMENT ON COLUMN queue.hold.kind IS 'zero, delete, reprice; several with commas.';
COMMENT ON COLUMN queue.hold.of IS 'What the rows are a share of: what KEAZ shows above 0, or the rows of the list in the ERP.';
COMMENT ON COLUMN queue.hold.added IS 'Rows that have joined since it was first shown. More than guard.small, and a new hold takes its place: who releases one releases what was shown.';
COMMENT ON COLUMN queue.hold.state IS 'released = these rows may go, once; refused = they stay held until they are mended; over = mended, or a larger hold took its place.';
COMMENT ON COLUMN queue.hold.decided_by IS 'user@host';

CREATE FUNCTION queue.held(hold queue.hold) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '[guard] holds it, hold ' || hold.id || CASE hold.state WHEN 'refused' THEN ', refused' ELSE '' END || ': ' || hold.why
$$;
COMMENT ON FUNCTION queue.held IS 'What the views of schema diff say of a row that is held.';

CREATE TABLE queue.hold_row (
    hold_id   bigint NOT NULL REFERENCES queue.hold ON DELETE CASCADE,
    place     text NOT NULL,
    brand     text NOT NULL,
    article   text NOT NULL,
    kind      text NOT NULL,
    old_value text,
    new_value text,
    PRIMARY KEY (hold_id, place, brand, article)
);
CREATE INDEX hold_row_named ON queue.hold_row (place, article);
COMMENT ON TABLE queue.hold_row IS 'The rows of a hold: a release covers exactly these.';
COMMENT ON COLUMN queue.hold_row.place IS 'The warehouse, or the price list.';
COMMENT ON COLUMN queue.hold_row.brand IS 'Empty at KEAZ, which knows no brands.';

CREATE TABLE queue.pass (
    upstream  text NOT NULL,
    place     text NOT NULL,
    brand     text NOT NULL DEFAULT '',
    article   text NOT NULL,
    new_value text,
    run_id    bigint,
    hold_id   bigint,
    passed_at timestamptz NOT NULL DEFAULT now(),
    used_at   timestamptz,
    PRIMARY KEY (upstream, place, brand, article)
);
COMMENT ON TABLE queue.pass IS 'Rows that may become 0, vanish or be re-priced, once: judged by a run, or released by a person. Values are read when a call is made, so a row without a pass is left out of it then.';
COMMENT ON COLUMN queue.pass.run_id IS 'The run that judged them: they are good while it is under way, and those it has used up count against what it may do further. NULL = a person let them go.';
COMMENT ON COLUMN queue.pass.hold_id IS 'The hold that a person released.';
COMMENT ON COLUMN queue.pass.used_at IS 'When the upstream acknowledged it.';

CREATE TABLE mirror.drift (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upstream     text NOT NULL,
    kind         text NOT NULL,
    key          text NOT NULL,
    erp          text,
    acknowledged text,
    remote       text,
    run_id       bigint,
    found_at     timestamptz NOT NULL DEFAULT now(),
    mended_at    timestamptz
);
CREATE UNIQUE INDEX drift_open ON mirror.drift (upstream, kind, key) WHERE mended_at IS NULL;
CREATE INDEX drift_of_run ON mirror.drift (run_id);
COMMENT ON TABLE mirror.drift IS 'What somebody else changed at an upstream: found when a whole list was read and showed other than was acknowledged. The ordinary difference repairs it.';
COMMENT ON COLUMN mirror.drift.kind IS 'remain (key = warehouse/article), warehouse (code), status (position)';
COMMENT ON COLUMN mirror.drift.erp IS 'What the ERP wanted then; NULL = nothing.';
COMMENT ON COLUMN mirror.drift.acknowledged IS 'What the upstream had acknowledged or listed before; NULL = no such row.';
COMMENT ON COLUMN mirror.drift.remote IS 'What it shows instead.';
COMMENT ON COLUMN mirror.drift.mended_at IS 'When it was read to agree with the ERP again.';
