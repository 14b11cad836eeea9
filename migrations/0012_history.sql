-- What changed at the upstreams, for who asks why a number is what it is; and what pages look up without a scan.

CREATE TABLE mirror.remain_change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warehouse text NOT NULL,
    article   text NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    old       numeric,
    new       numeric,
    by        text NOT NULL CHECK (by IN ('pushed', 'seen')),
    call_id   bigint DEFAULT nullif(current_setting('sverka.call', true), '')::bigint
);
CREATE INDEX remain_change_of ON mirror.remain_change (article, warehouse, id);
CREATE INDEX remain_change_age ON mirror.remain_change (at);
COMMENT ON TABLE mirror.remain_change IS 'What became of remains at KEAZ, kept for queue.keep: written with mirror.keaz_remain, in one transaction. The first appearance of a row is no change.';
COMMENT ON COLUMN mirror.remain_change.old IS 'NULL = no such row, or one without a quantity; likewise new.';
COMMENT ON COLUMN mirror.remain_change.by IS 'pushed = KEAZ acknowledged it; seen = its own list showed it, whoever did it.';
COMMENT ON COLUMN mirror.remain_change.call_id IS 'The push, or the list.';

CREATE TABLE mirror.status_change (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    saplab_id bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    old_id    bigint,
    old       text,
    new_id    bigint,
    new       text,
    by        text NOT NULL CHECK (by IN ('pushed', 'seen')),
    call_id   bigint DEFAULT nullif(current_setting('sverka.call', true), '')::bigint
);
CREATE INDEX status_change_of ON mirror.status_change (saplab_id, id);
CREATE INDEX status_change_age ON mirror.status_change (at);
COMMENT ON TABLE mirror.status_change IS 'What became of the statuses of customers'' orders at Saplab, kept for queue.keep: written with mirror.saplab_order. A position that comes in is no change.';
COMMENT ON COLUMN mirror.status_change.by IS 'pushed = Saplab acknowledged it; seen = it showed it, whoever did it.';

ALTER TABLE queue.hold ADD COLUMN mark text;
COMMENT ON COLUMN queue.hold.mark IS 'Of its rows: who releases a hold releases the rows that were shown.';

CREATE FUNCTION queue.hold_mark(hold bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT count(*) || '.' || coalesce(sum(hashtextextended(r::text, 0)), 0) FROM queue.hold_row r WHERE r.hold_id = hold
$$;
COMMENT ON FUNCTION queue.hold_mark IS 'Another one when any row of the hold is another one.';

-- One article is looked up over all warehouses; a company's view has indexes of its own.
CREATE INDEX remain_of_article ON mirror.keaz_remain (article);
DO $$
BEGIN
    IF (SELECT relkind = 'r' AND pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('erp.stock')) THEN
        CREATE INDEX stock_of_article ON erp.stock (article);
    END IF;
    IF (SELECT relkind = 'r' AND pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('erp.orders')) THEN
        CREATE INDEX orders_by_invoice ON erp.orders (upper(invoice));
    END IF;
END $$;

-- An order is found by its number, and so is what was sent about it.
CREATE INDEX saplab_order_invoice ON mirror.saplab_order (upper(invoice));
CREATE INDEX saplab_purchase_invoice ON mirror.saplab_purchase (upper(invoice));
CREATE INDEX carreta_order_number ON mirror.carreta_order (upper(number));
CREATE INDEX call_position ON queue.call ((args -> 'position')) WHERE upstream <> 'keaz' AND class <> 'read';
CREATE INDEX call_positions ON queue.call (id) WHERE upstream <> 'keaz' AND class <> 'read' AND args ? 'positions';
CREATE INDEX call_purchase ON queue.call ((args -> 'purchase')) WHERE upstream <> 'keaz' AND class <> 'read';
CREATE INDEX call_purchase_key ON queue.call (key) WHERE upstream <> 'keaz' AND class <> 'read';
CREATE INDEX call_order_comment ON queue.call ((args ->> 'comment')) WHERE operation = 'carreta.orders.create';

-- Pages list calls of one state, newest first.
CREATE INDEX call_dead_newest ON queue.call (id) WHERE state = 'dead';
CREATE INDEX call_cancelled_newest ON queue.call (id) WHERE state = 'cancelled';
