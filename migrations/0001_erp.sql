-- What we want: the company's own truth. The ERP (often 1C) fills these tables, or the company replaces any of them by
-- a view of the same columns over its own tables. That is why nothing refers to them by a foreign key.

CREATE SCHEMA erp;
COMMENT ON SCHEMA erp IS 'What we want: warehouses, stock and orders as the ERP has them. Any table may be replaced by a view of the same columns.';

CREATE TABLE erp.warehouses (
    code     text PRIMARY KEY,
    name     text,
    address  text,
    contacts text
);
COMMENT ON TABLE erp.warehouses IS 'Our warehouses, published to KEAZ. Filled by the ERP.';
COMMENT ON COLUMN erp.warehouses.code IS 'The code known to KEAZ; a text, leading zeros count.';
COMMENT ON COLUMN erp.warehouses.name IS 'For people here; KEAZ has no field for it.';

CREATE TABLE erp.stock (
    warehouse_code text NOT NULL,
    brand          text NOT NULL,
    article        text NOT NULL,
    quantity       numeric,
    reserved       numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_code, brand, article)
);
CREATE INDEX stock_by_article ON erp.stock (warehouse_code, article);
COMMENT ON TABLE erp.stock IS 'Our stock, published to KEAZ as whole units of quantity - reserved after the publishing rules. Filled by the ERP.';
COMMENT ON COLUMN erp.stock.quantity IS 'Units on hand; NULL = unknown, which is not published and is not 0.';
COMMENT ON COLUMN erp.stock.reserved IS 'Units promised to somebody, never published.';

CREATE TABLE erp.publishing_rules (
    id             bigint PRIMARY KEY,
    warehouse_code text,
    brand          text,
    article        text,
    hold_back      numeric,
    percent        numeric,
    cap            numeric,
    minimum        numeric
);
COMMENT ON TABLE erp.publishing_rules IS 'How much of what is free is shown to others. The most specific matching rule wins: article before brand before warehouse, then the lowest id.';
COMMENT ON COLUMN erp.publishing_rules.warehouse_code IS 'NULL = any; likewise brand and article.';
COMMENT ON COLUMN erp.publishing_rules.hold_back IS 'Units kept for ourselves before anything else.';
COMMENT ON COLUMN erp.publishing_rules.percent IS 'Of the rest, publish so many per cent (NULL = 100).';
COMMENT ON COLUMN erp.publishing_rules.cap IS 'Publish at most so many units.';
COMMENT ON COLUMN erp.publishing_rules.minimum IS 'Publish 0 when fewer units than this would be left.';

CREATE TABLE erp.orders (
    saplab_id   bigint PRIMARY KEY,
    invoice     text,
    client_id   bigint,
    client_name text,
    brand       text,
    article     text,
    name        text,
    quantity    int,
    price       numeric,
    total       numeric,
    status      text,
    is_paid     bool,
    created_at  timestamptz,
    updated_at  timestamptz
);
COMMENT ON TABLE erp.orders IS 'Customers'' orders, one row a Saplab position. The daemon inserts and refreshes every column but status; status is the ERP''s.';
COMMENT ON COLUMN erp.orders.status IS 'The ERP''s own word. At insertion the daemon writes what [saplab.status_map] gives for the Saplab status, NULL where it gives none; afterwards only the ERP writes it and the daemon pushes it.';
COMMENT ON COLUMN erp.orders.created_at IS 'Saplab date_added (Moscow time on the wire).';
COMMENT ON COLUMN erp.orders.updated_at IS 'Saplab date_modified (Moscow time on the wire).';

CREATE TABLE erp.supplier_prices (
    supplier      text NOT NULL,
    source        text NOT NULL,
    brand         text NOT NULL,
    article       text NOT NULL,
    name          text,
    price         numeric,
    quantity      int,
    quantity_text text,
    min_quantity  int,
    days_min      int,
    days_max      int,
    updated_at    timestamptz,
    PRIMARY KEY (supplier, source, brand, article)
);
COMMENT ON TABLE erp.supplier_prices IS 'Suppliers'' prices and availability. Kept by the daemon, read by the ERP.';
COMMENT ON COLUMN erp.supplier_prices.source IS 'The price list''s name, or the source code of a searched offer.';
COMMENT ON COLUMN erp.supplier_prices.quantity IS 'Only where the supplier gave an exact whole number; NULL otherwise, never 0 by default.';
COMMENT ON COLUMN erp.supplier_prices.quantity_text IS 'What the supplier wrote: 500, <10, >50, Есть.';
COMMENT ON COLUMN erp.supplier_prices.updated_at IS 'When any of the other columns last changed.';

CREATE TABLE erp.purchase_orders (
    id                bigint PRIMARY KEY,
    supplier          text,
    brand             text,
    article           text,
    quantity          int,
    max_price         numeric,
    comment           text,
    status            text,
    supplier_order_id text,
    supplier_number   text,
    supplier_status   text,
    error             text,
    created_at        timestamptz,
    updated_at        timestamptz
);
COMMENT ON TABLE erp.purchase_orders IS 'What the ERP wants bought. The ERP inserts id, supplier, brand, article, quantity, max_price, comment.';

CREATE TABLE erp.watched_articles (
    brand   text NOT NULL,
    article text NOT NULL,
    PRIMARY KEY (brand, article)
);
COMMENT ON TABLE erp.watched_articles IS 'Articles whose spot prices are searched at the suppliers. Filled by the ERP.';
