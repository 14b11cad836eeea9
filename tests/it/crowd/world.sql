-- A world of `crowd.rows` rows of stock and as many finished calls, with everything else that pages show in proportion.
-- Rows are made by counting, never by chance, so that two worlds are alike. Filled by crowd/world.rs.

CREATE FUNCTION pg_temp.rows(share int) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT greatest(current_setting('crowd.rows')::int / share, 1)
$$;
-- The time at which the n-th of so many things happened in the last 29 days.
CREATE FUNCTION pg_temp.at(n int, of int) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT now() - interval '29 days' * (of - n)::float8 / of - interval '1 minute'
$$;
CREATE FUNCTION pg_temp.article(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'ART-' || lpad(n::text, 6, '0')
$$;
CREATE FUNCTION pg_temp.warehouse(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'W' || lpad(n::text, 3, '0')
$$;

-- What is filled by the million is indexed afterwards.
CREATE TEMP TABLE later AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
  FROM pg_index WHERE indrelid IN ('queue.call'::regclass, 'mirror.remain_change'::regclass) AND NOT indisprimary;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT l.name FROM later l LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;

-- The company: 200 warehouses, of which 20 hold the mass; one article that lies in each of them.
INSERT INTO erp.warehouses (code, name, address, contacts)
SELECT pg_temp.warehouse(w), 'Склад ' || w, 'г. Уфа, ул. Складская, ' || w, '+7 900 000-00-00' FROM generate_series(1, 200) w;
INSERT INTO mirror.keaz_warehouse (code, address, contacts) SELECT code, address, contacts FROM erp.warehouses;
INSERT INTO erp.stock (warehouse_code, brand, article, quantity, reserved)
SELECT pg_temp.warehouse(w), CASE a % 10 WHEN 0 THEN 'OptiDin' ELSE 'KEAZ' END, pg_temp.article(a), 10 + (a * 7 + w) % 50, a % 3
  FROM generate_series(1, pg_temp.rows(20)) a, generate_series(1, 20) w
UNION ALL
SELECT pg_temp.warehouse(w), 'KEAZ', 'EVERYWHERE', 40, 0 FROM generate_series(1, 200) w;
INSERT INTO erp.publishing_rules (id, warehouse_code, brand, article, hold_back, percent, cap, minimum)
SELECT n, CASE WHEN n % 2 = 0 THEN pg_temp.warehouse(n) END, CASE WHEN n % 3 = 0 THEN 'KEAZ' END,
       CASE WHEN n % 5 = 0 THEN pg_temp.article(n) END, n % 4, 100 - n, 30, 2
  FROM generate_series(1, 20) n;
-- KEAZ shows the same, but for one row in 200; and 200 articles that the ERP has no more.
INSERT INTO mirror.keaz_remain (warehouse, article, quantity, seen_at)
SELECT warehouse, article, quantity + (row_number() OVER (ORDER BY article, warehouse) % 200 = 0)::int, now() - interval '3 days'
  FROM erp.published
UNION ALL
SELECT pg_temp.warehouse(w), 'GONE-' || lpad(a::text, 3, '0'), 5, now() - interval '9 days'
  FROM generate_series(1, 20) w, generate_series(1, 10) a;
INSERT INTO mirror.remain_change (warehouse, article, at, old, new, by, call_id)
SELECT pg_temp.warehouse(1 + n % 20), pg_temp.article(1 + n % pg_temp.rows(20)), pg_temp.at(n, pg_temp.rows(1)), n % 40, n % 41,
       CASE n % 3 WHEN 0 THEN 'seen' ELSE 'pushed' END, n
  FROM generate_series(1, pg_temp.rows(1)) n
UNION ALL
SELECT pg_temp.warehouse(1 + n % 200), 'EVERYWHERE', pg_temp.at(n, pg_temp.rows(50)), n % 40, n % 41, 'pushed', n
  FROM generate_series(1, pg_temp.rows(50)) n;
INSERT INTO mirror.snapshot (name, rows, taken_at)
SELECT 'keaz.remains.list', count(*), now() - interval '4 minutes' FROM mirror.keaz_remain
UNION ALL SELECT 'keaz.warehouses.list', 200, now() - interval '4 minutes'
UNION ALL SELECT 'carreta.prices:main', pg_temp.rows(5), now() - interval '1 hour';
INSERT INTO mirror.drift (upstream, kind, key, erp, acknowledged, remote, run_id, found_at, mended_at)
SELECT 'keaz', 'remain', pg_temp.warehouse(1 + n % 20) || '/' || pg_temp.article(n), '5', '5', '7', n,
       pg_temp.at(n, pg_temp.rows(20)), CASE WHEN n % 50 > 0 THEN pg_temp.at(n, pg_temp.rows(20)) END
  FROM generate_series(1, pg_temp.rows(20)) n;

-- The shop: positions of customers' orders, one in 100 with another status than the ERP's.
INSERT INTO mirror.saplab_status (id, name)
VALUES (1, 'На паузе'), (2, 'В работе'), (3, 'Получен'), (4, 'Выдан'), (5, 'Отменён'), (6, 'Новый'), (7, 'Заказан');
INSERT INTO mirror.saplab_order (id, invoice, client_id, client_name, brand, article, name, quantity, price, total, status_id,
                                 status_name, agreed_status_id, is_paid, is_denied, is_archived, date_added, date_modified, history)
SELECT n, 'NZ-' || n / 3, n % 500, 'Клиент ' || n % 500, 'KEAZ', pg_temp.article(1 + n % pg_temp.rows(20)), 'Автомат', 2, 150, 300,
       4, 'Выдан', 4, true, false, false, pg_temp.at(n, pg_temp.rows(10)), pg_temp.at(n, pg_temp.rows(10)),
       '[{"date": "2026-11-01T10:00:00Z", "status": "Новый", "manager": "Иванов"}]'
  FROM generate_series(1, pg_temp.rows(10)) n;
INSERT INTO erp.orders (saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price, total, status, is_paid,
                        created_at, updated_at)
SELECT id, invoice, client_id, client_name, brand, article, name, quantity, price, total,
       CASE WHEN id % 100 = 0 THEN 'received' ELSE 'issued' END, is_paid, date_added, date_modified
  FROM mirror.saplab_order;
INSERT INTO mirror.status_change (saplab_id, at, old_id, old, new_id, new, by, call_id)
SELECT n, pg_temp.at(n, pg_temp.rows(10)), 6, 'Новый', 4, 'Выдан', 'pushed', n FROM generate_series(1, pg_temp.rows(10)) n;

-- Suppliers: a price list, one row in 400 of which is new to the ERP; searched offers; purchases at both.
INSERT INTO mirror.price (supplier, source, brand, article, name, price, quantity)
SELECT 'carreta', 'main', 'KEAZ', pg_temp.article(n), 'Автомат', 100 + n % 900, n % 70 FROM generate_series(1, pg_temp.rows(5)) n;
INSERT INTO erp.supplier_prices (supplier, source, brand, article, name, price, quantity, updated_at)
SELECT supplier, source, brand, article, name, price, quantity, now() - interval '2 days'
  FROM mirror.price WHERE hashtext(article) % 400 <> 0;
INSERT INTO erp.watched_articles (brand, article) SELECT 'KEAZ', pg_temp.article(n) FROM generate_series(1, pg_temp.rows(500)) n;
INSERT INTO mirror.search (supplier, searched, article, is_whole)
SELECT 'carreta', article, article, true FROM erp.watched_articles;
INSERT INTO mirror.offer (supplier, searched, source, brand, article, price, most)
SELECT s.supplier, s.searched, 'C' || n, 'KEAZ', s.article, 90 + n, 10 FROM mirror.search s, generate_series(1, 5) n;
INSERT INTO erp.supplier_prices (supplier, source, brand, article, price, updated_at)
SELECT supplier, source, brand, article, price, now() FROM mirror.offer WHERE id % 50 <> 0;
INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price, status, supplier_order_id, supplier_number,
                                 supplier_status, error, created_at, updated_at)
SELECT n, CASE n % 2 WHEN 0 THEN 'carreta' ELSE 'saplab' END, 'KEAZ', pg_temp.article(1 + n % pg_temp.rows(20)), 3, 200,
       CASE WHEN n % 40 = 0 THEN 'failed' ELSE 'placed' END, CASE WHEN n % 40 > 0 THEN n::text END,
       CASE WHEN n % 40 > 0 THEN 'A' || n || '-1' END, CASE WHEN n % 40 > 0 THEN CASE n % 2 WHEN 0 THEN 'Выдан (Отправлен)' ELSE 'Выдан' END END,
       CASE WHEN n % 40 = 0 THEN 'no offer of KEAZ' END, pg_temp.at(n, pg_temp.rows(50)), pg_temp.at(n, pg_temp.rows(50))
  FROM generate_series(1, pg_temp.rows(50)) n;
INSERT INTO mirror.purchase (id, supplier, token, state, brand, article, quantity, max_price, price, ordered_id, number, error, placed_at)
SELECT id, supplier, 'SV-' || id, status, brand, article, quantity, max_price, 150, supplier_order_id::bigint, supplier_number, error,
       created_at
  FROM erp.purchase_orders;
INSERT INTO mirror.carreta_order (id, number, status, client_comment, created, code, maker, price, total, order_qty)
SELECT ordered_id, number, 7, token, placed_at, article, brand, 150, 450, 3 FROM mirror.purchase
 WHERE supplier = 'carreta' AND state = 'placed';
INSERT INTO mirror.carreta_history (order_id, line, created, comment)
SELECT id, line, created, 'Статус изменён' FROM mirror.carreta_order, generate_series(1, 5) line;
INSERT INTO mirror.saplab_purchase (id, invoice, brand, article, quantity, price, total, status_id, status_name, client_comment, date_added)
SELECT ordered_id, number, brand, article, 3, 150, 450, 4, 'Выдан', token, placed_at FROM mirror.purchase
 WHERE supplier = 'saplab' AND state = 'placed';

-- The queue: runs of every job, and calls of which one in 100 names as many articles as a batch holds.
INSERT INTO queue.run (job, lane, trigger, state, calls, rows_pulled, rows_pushed, rows_refused, requested_at, started_at, ended_at,
                       outcome)
SELECT job, CASE WHEN job IN ('stock', 'warehouses') THEN 'keaz' ELSE job END, 'schedule', 'ended', 40, n, n % 900,
       (n % 7 = 0)::int, at, at, at + interval '40 seconds', CASE n % 9 WHEN 0 THEN 'partial' ELSE 'done' END
  FROM (SELECT n, pg_temp.at(n, pg_temp.rows(200)) AS at,
               CASE WHEN n % 100 = 0 THEN 'reference' WHEN n % 33 = 0 THEN 'prices' WHEN n % 11 = 0 THEN 'warehouses'
                    WHEN n % 5 = 0 THEN 'purchases' WHEN n % 2 = 0 THEN 'orders' ELSE 'stock' END AS job
          FROM generate_series(1, pg_temp.rows(200)) n) r;
CREATE TEMP TABLE batch AS
SELECT w, jsonb_build_object('articles', jsonb_agg(pg_temp.article(a) ORDER BY a), 'warehouse', pg_temp.warehouse(w)) AS args
  FROM generate_series(1, 20) w, generate_series(1, 500) a GROUP BY w;
-- One run in the middle, the first of all, has a fiftieth of all calls; the others share the rest.
INSERT INTO queue.call (run_id, upstream, operation, args, key, class, priority, state, attempt, created_at, ended_at, reason)
SELECT CASE WHEN n % 50 = 0 THEN pg_temp.rows(400) ELSE 1 + n % pg_temp.rows(200) END, split_part(o.operation, '.', 1), o.operation,
       o.args, o.operation || ' ' || n, o.class, o.priority, s.state, 1, at.at, at.at + interval '2 seconds',
       CASE s.state WHEN 'dead' THEN 'KEAZ refused it: no such article' WHEN 'cancelled' THEN 'cancelled by a person' END
  FROM generate_series(1, pg_temp.rows(1) + pg_temp.rows(10) + pg_temp.rows(100)) n
 CROSS JOIN LATERAL (SELECT pg_temp.at(n, pg_temp.rows(1) + pg_temp.rows(10) + pg_temp.rows(100)) AS at) at
 CROSS JOIN LATERAL (SELECT CASE WHEN n % 111 = 50 THEN 'cancelled' WHEN n % 11 = 5 THEN 'dead' ELSE 'done' END AS state) s
 CROSS JOIN LATERAL (
       SELECT * FROM (VALUES
           (0, 'keaz.remains.update', (SELECT args FROM batch WHERE w = 1 + n % 20), 'idempotent', 3),
           (1, 'saplab.orders.set_status', jsonb_build_object('position', 1 + n % pg_temp.rows(10)), 'idempotent', 1),
           (2, 'saplab.orders.list', '{"page": 1}', 'read', 2),
           (3, 'carreta.parts.search', jsonb_build_object('article', pg_temp.article(n)), 'read', 2),
           (4, 'keaz.remains.update', jsonb_build_object('warehouse', pg_temp.warehouse(1 + n % 20), 'articles',
                jsonb_build_array(pg_temp.article(n % 1000), pg_temp.article(n % 977))), 'idempotent', 3)
       ) AS kind (kind, operation, args, class, priority)
        WHERE kind = CASE WHEN n % 100 = 0 THEN 0 WHEN n % 10 < 3 THEN 1 WHEN n % 10 < 4 THEN 2 WHEN n % 10 < 5 THEN 3 ELSE 4 END) o;
-- Some of the dead are rows that were refused: they belong to no run, and the diff finds them by their keys.
UPDATE queue.call SET run_id = NULL, operation = 'keaz.remains.update', upstream = 'keaz',
       key = 'keaz.remain:' || pg_temp.warehouse((id % 20 + 1)::int) || '/' || pg_temp.article((id % pg_temp.rows(20) + 1)::int),
       args = jsonb_build_object('refused', id % 50, 'warehouse', pg_temp.warehouse((id % 20 + 1)::int))
 WHERE state = 'dead' AND id % 3 = 0;
INSERT INTO queue.call (upstream, operation, args, key, class, priority, state, attempt, due_at, waits_for, created_at, reason)
SELECT split_part(operation, '.', 1), operation, args, state || ' ' || n, class, n % 4, state, 2, now() + interval '1 day', NULL,
       now() - interval '1 hour', 'HTTP 502'
  FROM (SELECT n, CASE WHEN n % 100 = 0 THEN 'unknown' WHEN n % 10 = 0 THEN 'quarantined' ELSE 'pending' END AS state,
               CASE n % 3 WHEN 0 THEN 'saplab.orders.set_status' WHEN 1 THEN 'keaz.remains.update' ELSE 'carreta.parts.search' END AS operation,
               CASE n % 3 WHEN 0 THEN jsonb_build_object('position', n) WHEN 1 THEN (SELECT args FROM batch WHERE w = 1 + n % 20)
                    ELSE jsonb_build_object('article', pg_temp.article(n)) END AS args,
               CASE n % 3 WHEN 2 THEN 'read' ELSE 'idempotent' END AS class
          FROM generate_series(1, pg_temp.rows(100)) n) c;
DO $$ DECLARE made text; BEGIN
    FOR made IN SELECT l.made FROM later l LOOP EXECUTE made; END LOOP;
END $$;
INSERT INTO queue.attempt (call_id, attempt, daemon_id, started_at, ended_at, outcome, http_status, words)
SELECT id, 1, 1, created_at, created_at + interval '2 seconds',
       CASE state WHEN 'done' THEN 'done' WHEN 'dead' THEN 'dead' WHEN 'cancelled' THEN 'retry' ELSE 'retry' END,
       CASE state WHEN 'done' THEN 200 ELSE 502 END, reason
  FROM queue.call;
INSERT INTO queue.attempt (call_id, attempt, daemon_id, started_at, ended_at, outcome, http_status, words)
SELECT id, 2, 1, created_at, created_at + interval '2 seconds', 'retry', 502, 'HTTP 502' FROM queue.call WHERE attempt = 2;
INSERT INTO queue.exchange (call_id, attempt, number, began_at, took_ms, method, url, headers, body, body_bytes, body_cut, status,
                            answer_headers, answer, answer_bytes, answer_cut)
SELECT id, 1, 1, created_at, 140, 'POST', 'https://api.keaz.example/remains/update', '{"content-type: application/json"}',
       args::text, 900, false, 200, '{"content-type: application/json"}', '{"result": "ok"}', 16, false
  FROM queue.call WHERE id % 20 = 0;
INSERT INTO queue.audit (at, who, command, call_id, words)
SELECT pg_temp.at(n, pg_temp.rows(100)), 'admin@erp', 'queue retry', n, 'dead' FROM generate_series(1, pg_temp.rows(100)) n;
INSERT INTO queue.slot (job, slot, run_id, taken_at)
SELECT job, requested_at, id, requested_at FROM queue.run;

-- Holds: 300 that are over, and one that is open, large, in a warehouse of its own.
INSERT INTO queue.hold (job, run_id, upstream, scope, kind, rows, of, why, state, created_at, decided_at, decided_by, mark)
SELECT 'stock', n, 'keaz', pg_temp.warehouse(1 + n % 20), 'zero', 50, 1000, '5 % of the warehouse would become 0', 'over',
       pg_temp.at(n, 300), pg_temp.at(n, 300), 'admin@erp', '50.' || n
  FROM generate_series(1, 300) n
UNION ALL
SELECT 'stock', 300, 'keaz', 'W900', 'zero', pg_temp.rows(20), pg_temp.rows(20), 'all of the warehouse would become 0', 'held',
       now() - interval '5 minutes', NULL, NULL, '1.1';
INSERT INTO queue.hold_row (hold_id, place, brand, article, kind, old_value, new_value)
SELECT h.id, h.scope, '', pg_temp.article(n), 'zero', '7', '0'
  FROM queue.hold h, LATERAL generate_series(1, h.rows::int) n;
