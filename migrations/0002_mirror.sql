-- What each upstream last said or acknowledged. An answer updates its mirror in the transaction that ends its call.

CREATE SCHEMA mirror;
COMMENT ON SCHEMA mirror IS 'What each upstream last said or acknowledged. Written only by the daemon.';

CREATE TABLE mirror.snapshot (
    name     text PRIMARY KEY,
    rows     bigint NOT NULL,
    taken_at timestamptz NOT NULL,
    etag          text,
    last_modified text
);
COMMENT ON TABLE mirror.snapshot IS 'The last good whole list of each kind: keaz.warehouses.list, keaz.remains.list, saplab.statuses.list, carreta.prices:NAME.';
COMMENT ON COLUMN mirror.snapshot.rows IS 'Its length: a much shorter successor is refused whole.';
COMMENT ON COLUMN mirror.snapshot.etag IS 'Validator of a price list, sent back as If-None-Match.';

CREATE TABLE mirror.keaz_warehouse (
    code     text PRIMARY KEY,
    address  text,
    contacts text,
    seen_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mirror.keaz_warehouse IS 'Warehouses at KEAZ: listed by it, or acknowledged.';
COMMENT ON COLUMN mirror.keaz_warehouse.address IS 'NULL = KEAZ did not say.';
COMMENT ON COLUMN mirror.keaz_warehouse.seen_at IS 'When KEAZ first said what stands here.';

CREATE TABLE mirror.keaz_remain (
    warehouse text NOT NULL,
    article   text NOT NULL,
    quantity  numeric,
    seen_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (warehouse, article)
);
COMMENT ON TABLE mirror.keaz_remain IS 'Remains at KEAZ: listed by it, or acknowledged.';
COMMENT ON COLUMN mirror.keaz_remain.quantity IS 'NULL = KEAZ lists the row without a quantity that can be understood.';
COMMENT ON COLUMN mirror.keaz_remain.seen_at IS 'When KEAZ first said what stands here.';

CREATE TABLE mirror.saplab_status (
    id    bigint PRIMARY KEY,
    name  text NOT NULL,
    color text,
    sms   bool,
    email bool
);
COMMENT ON TABLE mirror.saplab_status IS 'Order statuses of the shop; ids differ from shop to shop.';
COMMENT ON COLUMN mirror.saplab_status.sms IS 'Setting this status sends the customer an SMS; likewise email.';

CREATE TABLE mirror.saplab_order (
    id               bigint PRIMARY KEY,
    invoice          text,
    client_id        bigint,
    client_name      text,
    brand            text,
    article          text,
    name             text,
    quantity         int,
    price            numeric,
    total            numeric,
    initial_price    numeric,
    status_id        bigint,
    status_name      text,
    distributor_id   bigint,
    distributor_name text,
    client_comment   text,
    manager_comment  text,
    deny_request     bool,
    is_paid          bool,
    is_denied        bool,
    is_archived      bool,
    doc_id           bigint,
    date_added       timestamptz,
    date_modified    timestamptz,
    seen_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mirror.saplab_order IS 'Positions of customers'' orders as Saplab last showed them, or acknowledged (status_id).';
COMMENT ON COLUMN mirror.saplab_order.initial_price IS 'Purchase price.';
COMMENT ON COLUMN mirror.saplab_order.deny_request IS 'The customer asks to take the position off the order.';

CREATE TABLE mirror.carreta_order (
    id             bigint PRIMARY KEY,
    number         text,
    status         int,
    status_display text,
    comment        text,
    client_comment text,
    created        timestamptz,
    code           text,
    maker          text,
    name           text,
    price          numeric,
    total          numeric,
    order_qty      int,
    period_min     int,
    period_max     int,
    seen_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mirror.carreta_order IS 'Our purchase orders as Carreta last showed them.';
COMMENT ON COLUMN mirror.carreta_order.number IS 'Carreta''s number for people (A111342-1); not the id.';

CREATE TABLE mirror.carreta_profile (
    account text PRIMARY KEY,
    balance numeric,
    name    text,
    city    text,
    email   text,
    phone   text,
    seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mirror.carreta_profile IS 'Our profile at Carreta; account is empty for the default account.';

CREATE TABLE mirror.price (
    supplier      text NOT NULL,
    source        text NOT NULL,
    brand         text NOT NULL,
    article       text NOT NULL,
    name          text,
    price         numeric NOT NULL,
    quantity      int,
    quantity_text text,
    min_quantity  int,
    days_min      int,
    days_max      int,
    PRIMARY KEY (supplier, source, brand, article)
);
COMMENT ON TABLE mirror.price IS 'The last good version of each supplier''s price list. Of several lines for one article the cheapest counts, then the first.';
COMMENT ON COLUMN mirror.price.quantity IS 'Only an exact whole number; NULL for <10, >50, Есть and nothing.';
