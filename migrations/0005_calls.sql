-- Calls that must not be repeated blindly, calls a person waits for, purchases, and the rest of what the upstreams say.

ALTER TABLE queue.call
    DROP CONSTRAINT call_state_check,
    ADD CONSTRAINT call_state_check
        CHECK (state IN ('pending', 'running', 'unknown', 'quarantined', 'done', 'dead', 'cancelled')),
    ADD COLUMN intent_at    timestamptz,
    ADD COLUMN resent       bool NOT NULL DEFAULT false,
    ADD COLUMN looks        smallint NOT NULL DEFAULT 0,
    ADD COLUMN look_id      bigint,
    ADD COLUMN keeps_answer bool NOT NULL DEFAULT false,
    ADD COLUMN answer       jsonb;
COMMENT ON COLUMN queue.call.state IS 'unknown = whether it happened is being looked up (waits_for). quarantined = that cannot be told: a person decides. dead = kept with its reason for a person.';
COMMENT ON COLUMN queue.call.intent_at IS 'Guarded calls: committed before the first byte leaves. Not NULL = it may have happened; NULL again when it is proved that it did not.';
COMMENT ON COLUMN queue.call.resent IS 'Sent a second time after the quiet window, because our token was nowhere to be found; never a third time.';
COMMENT ON COLUMN queue.call.looks IS 'Reads of the upstream''s state since the call was made or sent.';
COMMENT ON COLUMN queue.call.look_id IS 'The last of those reads; its answer is what the upstream held then.';
COMMENT ON COLUMN queue.call.answer IS 'What the upstream answered, for calls that somebody waits for, reads of its state, and guarded calls. Never a secret.';

-- A quarantined intent is open: it must not be made again beside the person's back.
DROP INDEX queue.call_open_once;
CREATE UNIQUE INDEX call_open_once ON queue.call (key) WHERE state IN ('pending', 'running', 'unknown', 'quarantined');
CREATE INDEX call_quarantined ON queue.call (id) WHERE state = 'quarantined';

ALTER TABLE queue.attempt
    DROP CONSTRAINT attempt_outcome_check,
    ADD CONSTRAINT attempt_outcome_check CHECK (outcome IN
        ('done', 'retry', 'paused', 'unknown', 'looking', 'quarantined', 'dead', 'released', 'lease lost'));
COMMENT ON COLUMN queue.attempt.outcome IS 'NULL = under way, or its worker died. looking = the upstream''s state is read before anything is sent.';

INSERT INTO queue.setting (name, value) VALUES ('installation', to_jsonb(gen_random_uuid()::text));

ALTER TABLE queue.upstream ADD COLUMN next_free_at timestamptz NOT NULL DEFAULT now();
COMMENT ON TABLE queue.upstream IS 'Upstreams that rest, after a refused credential or an answer that is not their API; and how fast each is called.';
COMMENT ON COLUMN queue.upstream.next_free_at IS 'The bucket of queue.NAME.rate: ahead of the clock by one interval for each call that was claimed lately.';

-- Purchases.

CREATE TABLE mirror.offer (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    supplier      text NOT NULL,
    searched      text NOT NULL,
    source        text NOT NULL,
    brand         text NOT NULL,
    article       text NOT NULL,
    name          text,
    price         numeric NOT NULL,
    quantity      int,
    quantity_text text,
    most          int,
    min_quantity  int,
    days_min      int,
    days_max      int,
    is_cross      bool,
    probability   int,
    ticket        jsonb,
    seen_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX offer_searched ON mirror.offer (supplier, searched);
COMMENT ON TABLE mirror.offer IS 'What the last search of an article found at a supplier (carreta, saplab); forgotten after a day.';
COMMENT ON COLUMN mirror.offer.searched IS 'What was searched for, in upper case: the article; at Saplab the article and the brand.';
COMMENT ON COLUMN mirror.offer.most IS 'So many units can be ordered at most; NULL = the supplier does not say, nothing can be ordered.';
COMMENT ON COLUMN mirror.offer.is_cross IS 'Another article that may replace the searched one.';
COMMENT ON COLUMN mirror.offer.probability IS 'Of delivery, in per cent; NULL = the supplier does not know.';
COMMENT ON COLUMN mirror.offer.ticket IS 'What the supplier wants to have back with an order, signature included. Read by the order alone; never shown.';

CREATE TABLE mirror.search (
    supplier    text NOT NULL,
    searched    text NOT NULL,
    article     text NOT NULL,
    is_whole    bool NOT NULL,
    searched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (supplier, searched)
);
CREATE INDEX search_age ON mirror.search (searched_at);
COMMENT ON TABLE mirror.search IS 'What was searched at the suppliers, whether or not anything was found; forgotten after a day together with mirror.offer.';
COMMENT ON COLUMN mirror.search.article IS 'In upper case, as in searched.';
COMMENT ON COLUMN mirror.search.is_whole IS 'Every offer of the answer could be read: what is not in mirror.offer is not offered.';

-- Prices of watched articles are looked up by article; a company's view has indexes of its own.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['supplier_prices', 'watched_articles'] LOOP
        IF (SELECT relkind = 'r' AND pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('erp.' || name)) THEN
            EXECUTE format('CREATE INDEX %I ON erp.%I (upper(btrim(article)))', name || '_by_article', name);
        END IF;
    END LOOP;
END $$;

CREATE TABLE mirror.purchase (
    id           bigint PRIMARY KEY,
    supplier     text NOT NULL,
    token        text NOT NULL UNIQUE,
    state        text NOT NULL DEFAULT 'placing' CHECK (state IN ('placing', 'placed', 'failed', 'unknown')),
    tries        smallint NOT NULL DEFAULT 0,
    searched_at  timestamptz,
    brand        text NOT NULL,
    article      text NOT NULL,
    quantity     int NOT NULL,
    max_price    numeric,
    price        numeric,
    ordered_id   bigint,
    number       text,
    error        text,
    began_at     timestamptz NOT NULL DEFAULT now(),
    placed_at    timestamptz,
    history_of   text
);
CREATE UNIQUE INDEX purchase_ordered ON mirror.purchase (supplier, ordered_id);
CREATE INDEX purchase_placing ON mirror.purchase (supplier) WHERE state IN ('placing', 'unknown');
COMMENT ON TABLE mirror.purchase IS 'Our memory of what was bought for erp.purchase_orders: a row here is never bought a second time, whatever becomes of the ERP''s row.';
COMMENT ON COLUMN mirror.purchase.id IS 'erp.purchase_orders.id';
COMMENT ON COLUMN mirror.purchase.token IS 'By which the order is found again: Carreta client_comment, comment of a Saplab cart line.';
COMMENT ON COLUMN mirror.purchase.state IS 'placing; placed; failed = nothing was ordered, see error; unknown = whether it was ordered cannot be told: a person decides.';
COMMENT ON COLUMN mirror.purchase.tries IS 'Orders that the supplier refused because its offer had changed.';
COMMENT ON COLUMN mirror.purchase.searched_at IS 'When the supplier''s offers were last read for it; NULL = they must be read (again).';
COMMENT ON COLUMN mirror.purchase.ordered_id IS 'The supplier''s id: mirror.carreta_order.id or mirror.saplab_purchase.id.';
COMMENT ON COLUMN mirror.purchase.history_of IS 'The supplier''s status whose history was read last.';

CREATE TABLE mirror.carreta_history (
    order_id bigint NOT NULL,
    line     int NOT NULL,
    created  timestamptz,
    comment  text,
    PRIMARY KEY (order_id, line)
);
COMMENT ON TABLE mirror.carreta_history IS 'What happened to our orders, in Carreta''s words and order.';

CREATE TABLE mirror.saplab_purchase (
    id            bigint PRIMARY KEY,
    invoice       text,
    brand         text,
    article       text,
    name          text,
    quantity      int,
    price         numeric,
    total         numeric,
    status_id     bigint,
    status_name   text,
    is_paid       bool,
    is_denied     bool,
    is_archived   bool,
    client_comment  text,
    manager_comment text,
    shipping_name    text,
    shipping_address text,
    days_min      int,
    days_max      int,
    history       jsonb,
    date_added    timestamptz,
    date_modified timestamptz,
    seen_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX saplab_purchase_comment ON mirror.saplab_purchase (client_comment);
COMMENT ON TABLE mirror.saplab_purchase IS 'Positions that we ordered ourselves through Saplab''s client API.';
COMMENT ON COLUMN mirror.saplab_purchase.status_name IS 'NULL = Saplab did not say (a fresh order has 0); see mirror.saplab_purchase_status.';

CREATE TABLE mirror.saplab_cart (
    to_order text PRIMARY KEY,
    brand    text,
    article  text,
    name     text,
    quantity int,
    price    numeric,
    total    numeric,
    comment  text,
    seen_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mirror.saplab_cart IS 'The one cart of our login at Saplab''s client API, as last read.';

CREATE TABLE mirror.saplab_purchase_status (
    id    bigint PRIMARY KEY,
    name  text NOT NULL,
    color text
);
COMMENT ON TABLE mirror.saplab_purchase_status IS 'Order statuses as Saplab''s client API names them; ids differ from shop to shop.';

CREATE INDEX carreta_order_comment ON mirror.carreta_order (client_comment) WHERE client_comment <> '';

-- The rest of the panel.

ALTER TABLE mirror.saplab_order
    ADD COLUMN agreed_status_id bigint,
    ADD COLUMN shipping_name    text,
    ADD COLUMN shipping_address text,
    ADD COLUMN days_min         int,
    ADD COLUMN days_max         int,
    ADD COLUMN history          jsonb;
COMMENT ON COLUMN mirror.saplab_order.days_min IS 'Delivery takes at least so many days; days_max: at most.';
COMMENT ON COLUMN mirror.saplab_order.history IS 'What happened to the position, oldest first, as Saplab lists it: date (UTC), status, manager.';
COMMENT ON COLUMN mirror.saplab_order.agreed_status_id IS 'The status at which Saplab and the ERP last agreed: another one was set by somebody in Saplab.';

CREATE TABLE mirror.saplab_manager (
    id           bigint PRIMARY KEY,
    phone        text,
    name         text,
    seat         text,
    email        text,
    point_id     bigint,
    point_name   text,
    point_address text,
    group_id     bigint,
    group_name   text,
    client_count int,
    is_active    bool,
    takes_clients bool,
    is_shown     bool
);
COMMENT ON TABLE mirror.saplab_manager IS 'Employees of the shop (panel document, /panel/manager).';

CREATE TABLE mirror.saplab_shipping_type (
    id        bigint PRIMARY KEY,
    name      text NOT NULL,
    min_price numeric
);
COMMENT ON TABLE mirror.saplab_shipping_type IS 'Ways of delivery; names as Saplab writes them, spaces included.';

CREATE TABLE mirror.saplab_group (
    id       bigint PRIMARY KEY,
    name     text NOT NULL,
    discount numeric,
    comment  text
);
COMMENT ON TABLE mirror.saplab_group IS 'Discount groups of clients; discount in per cent.';

CREATE TABLE mirror.saplab_client (
    id              bigint PRIMARY KEY,
    phone           text,
    name            text,
    address         text,
    email           text,
    is_wholesaler   bool,
    wholesaler_info text,
    group_id        bigint,
    group_name      text,
    manager_id      bigint,
    manager_name    text,
    point_id        bigint,
    point_name      text,
    shipping_id     bigint,
    is_active       bool,
    comment         text,
    balance         numeric,
    debt            numeric,
    blocked_debt    numeric,
    credit_limit    numeric,
    date_added      timestamptz,
    date_modified   timestamptz,
    seen_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX saplab_client_phone ON mirror.saplab_client (phone);
COMMENT ON TABLE mirror.saplab_client IS 'Clients of the shop with their balances, as last listed.';
COMMENT ON COLUMN mirror.saplab_client.seen_at IS 'When Saplab last listed the client: a client that was removed keeps its old time.';

CREATE TABLE mirror.saplab_transaction (
    client_id bigint NOT NULL,
    date      timestamptz NOT NULL,
    amount    numeric NOT NULL,
    comment   text NOT NULL,
    copies    int NOT NULL DEFAULT 1,
    seen_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, date, amount, comment)
);
COMMENT ON TABLE mirror.saplab_transaction IS 'Operations with clients'' balances that were listed. Saplab gives them no id.';
COMMENT ON COLUMN mirror.saplab_transaction.copies IS 'How many equal ones one page of the list showed.';

CREATE FUNCTION mirror.searched(supplier text, article text, brand text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT upper(btrim(article)) || CASE supplier WHEN 'saplab' THEN '/' || upper(btrim(brand)) ELSE '' END
$$;
COMMENT ON FUNCTION mirror.searched IS 'How mirror.offer.searched names the search that finds an article at a supplier.';

CREATE FUNCTION mirror.purchase_token(purchase bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'SV-' || purchase || '-' || upper(left(md5((SELECT value #>> '{}' FROM queue.setting WHERE name = 'installation') || ':' || purchase), 16))
$$;
COMMENT ON FUNCTION mirror.purchase_token IS 'The token of a purchase: the same whenever it is asked for, so that an order is found again even when this database was restored from an older copy.';

CREATE FUNCTION mirror.carreta_status(status int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE status
           WHEN 1 THEN 'Ожидает оплаты' WHEN 2 THEN 'Получен в заказ' WHEN 3 THEN 'В работе'
           WHEN 11 THEN 'Принят поставщиком' WHEN 4 THEN 'В пути от поставщика' WHEN 13 THEN 'На складе филиала'
           WHEN 12 THEN 'В пути из филиала' WHEN 14 THEN 'На складе' WHEN 15 THEN 'В пути в пункт выдачи'
           WHEN 5 THEN 'В пункте выдачи' WHEN 7 THEN 'Выдан (Отправлен)' WHEN 10 THEN 'Нет в наличии'
           WHEN 8 THEN 'Отменен' END
$$;
COMMENT ON FUNCTION mirror.carreta_status IS 'The name of an order''s status as the Carreta document has it; NULL for a number that it does not know.';

-- The choice of an offer: exactly this brand and article, not dearer than allowed, enough of it, whole packages.
CREATE VIEW mirror.purchase_offer AS
WITH wanted AS (
    SELECT p.*, c.id IS NOT NULL AS has_call,
           row_number() OVER (PARTITION BY p.supplier, CASE p.supplier WHEN 'saplab' THEN mirror.searched('saplab', p.article, p.brand) ELSE p.id::text END
                              ORDER BY c.id IS NULL, p.id) AS turn
      FROM mirror.purchase p
      LEFT JOIN queue.call c ON c.key = 'purchase:' || p.id AND c.state IN ('pending', 'running', 'unknown', 'quarantined')
     WHERE p.state IN ('placing', 'unknown')
)
SELECT w.id AS purchase, w.supplier, w.token, w.brand, w.article, w.quantity, w.began_at, w.turn, o.id AS offer, o.price,
       CASE WHEN o.id IS NULL THEN
            CASE WHEN a.exact = 0 THEN 'no offer of ' || w.brand || ' ' || w.article
                 WHEN a.affordable = 0 THEN 'no offer of ' || w.brand || ' ' || w.article || ' within ' || w.max_price
                      || '; the cheapest is ' || a.cheapest
                 ELSE 'no offer of ' || w.brand || ' ' || w.article || ' of which ' || w.quantity || ' can be ordered: '
                      || a.terms END END AS error
  FROM wanted w
  LEFT JOIN LATERAL (
       SELECT * FROM mirror.offer o
        WHERE o.supplier = w.supplier AND o.searched = mirror.searched(w.supplier, w.article, w.brand)
          AND upper(btrim(o.brand)) = upper(btrim(w.brand)) AND upper(btrim(o.article)) = upper(btrim(w.article))
          AND NOT coalesce(o.is_cross, false) AND o.ticket IS NOT NULL
          AND (w.max_price IS NULL OR o.price <= w.max_price)
          AND w.quantity <= o.most AND o.min_quantity > 0 AND w.quantity % o.min_quantity = 0
        ORDER BY o.price, o.days_max NULLS LAST, o.probability DESC NULLS LAST, o.id LIMIT 1) o ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS exact, count(*) FILTER (WHERE w.max_price IS NULL OR x.price <= w.max_price) AS affordable,
              min(x.price) AS cheapest,
              string_agg('«' || coalesce(x.quantity_text, '') || '» at ' || x.price || ' in multiples of '
                         || coalesce(x.min_quantity::text, '?'), ', ' ORDER BY x.price) AS terms
         FROM mirror.offer x
        WHERE x.supplier = w.supplier AND x.searched = mirror.searched(w.supplier, w.article, w.brand)
          AND upper(btrim(x.brand)) = upper(btrim(w.brand)) AND upper(btrim(x.article)) = upper(btrim(w.article))
          AND NOT coalesce(x.is_cross, false)) a ON true
 WHERE NOT w.has_call AND w.state = 'placing' AND w.searched_at > now() - interval '10 minutes';
COMMENT ON VIEW mirror.purchase_offer IS 'For each purchase whose offers have been read: the cheapest offer that fits, or why none does.';
COMMENT ON COLUMN mirror.purchase_offer.turn IS '1 = its turn. Saplab has one cart, which adds equal goods up: purchases of one article go one after the other.';
