-- What differs right now. Each view of schema diff is what the daemon would write; nobody keeps a second list of
-- changes. In sync = every view of schema diff is empty. `held` says why a row is not written although it differs;
-- NULL = it would be written. The views join two halves instead of using FULL JOIN, so that a push reads its own few
-- keys by index. Every column taken from schema erp is cast, so that a company's view may have its own types.
-- This file is applied again whenever a table of schema erp has been replaced: only CREATE OR REPLACE may stand here.

CREATE OR REPLACE FUNCTION diff.setting(wanted text, fallback jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT value FROM queue.setting WHERE name = wanted), fallback)
$$;
COMMENT ON FUNCTION diff.setting IS 'A setting of the daemon, or the fallback before any daemon has started. Called as (SELECT diff.setting(...)), so that it is evaluated once and not for each row.';

-- The first step on the way to diff.remain: each row of the stock of a published brand, and what its rule makes of it.
-- Rules of an article are looked for only where there are any of that article, the others once for each warehouse and
-- brand: over a million rows that takes a second, not fifteen. OFFSET 0 makes that the units are computed once for each row,
-- and not wherever they are named. The brands stand in a CASE because PostgreSQL takes that for
-- half of the rows; of an OR with `?` it would expect one in a hundred, and join a million of them by nested loops.
CREATE OR REPLACE VIEW erp.publishing AS
SELECT s.warehouse_code::text AS warehouse,
       s.brand::text AS brand,
       s.article::text AS article,
       s.quantity::numeric AS on_hand,
       coalesce(s.reserved, 0)::numeric AS reserved,
       r.id::bigint AS rule_id,
       r.hold_back::numeric AS hold_back,
       r.percent::numeric AS percent,
       r.cap::numeric AS cap,
       r.minimum::numeric AS minimum,
       p.units::numeric AS quantity
  FROM erp.stock s
  LEFT JOIN (SELECT DISTINCT article FROM erp.publishing_rules WHERE article IS NOT NULL) ruled ON ruled.article = s.article
  LEFT JOIN LATERAL (
       SELECT rule.*
         FROM erp.publishing_rules rule
        WHERE ruled.article IS NOT NULL AND rule.article = ruled.article
          AND (rule.warehouse_code IS NULL OR rule.warehouse_code = s.warehouse_code)
          AND (rule.brand IS NULL OR rule.brand = s.brand)
        ORDER BY rule.brand IS NULL, rule.warehouse_code IS NULL, rule.id
        LIMIT 1) own ON true
  LEFT JOIN LATERAL (
       SELECT rule.*
         FROM erp.publishing_rules rule
        WHERE rule.article IS NULL
          AND (rule.warehouse_code IS NULL OR rule.warehouse_code = s.warehouse_code)
          AND (rule.brand IS NULL OR rule.brand = s.brand)
        ORDER BY rule.brand IS NULL, rule.warehouse_code IS NULL, rule.id
        LIMIT 1) wide ON true
 CROSS JOIN LATERAL (
       SELECT coalesce(own.id, wide.id) AS id,
              CASE WHEN own.id IS NULL THEN wide.hold_back ELSE own.hold_back END AS hold_back,
              CASE WHEN own.id IS NULL THEN wide.percent ELSE own.percent END AS percent,
              CASE WHEN own.id IS NULL THEN wide.cap ELSE own.cap END AS cap,
              CASE WHEN own.id IS NULL THEN wide.minimum ELSE own.minimum END AS minimum) r
 CROSS JOIN LATERAL (
       SELECT CASE WHEN s.quantity IS NULL THEN NULL
                   WHEN f.units < r.minimum THEN 0
                   ELSE greatest(f.units, 0) END AS units
         FROM (SELECT floor(least(greatest(s.quantity - coalesce(s.reserved, 0) - coalesce(r.hold_back, 0), 0)
                                  * coalesce(r.percent, 100) / 100, r.cap)) AS units) f
       OFFSET 0) p
 WHERE CASE (SELECT diff.setting('keaz.brands', '[]')) WHEN '[]' THEN true
       ELSE (SELECT diff.setting('keaz.brands', '[]')) ? s.brand::text END;
COMMENT ON VIEW erp.publishing IS 'The rows of erp.stock that are published, each with the rule that applies to it, and the whole units of quantity - reserved that the rule lets out.';
COMMENT ON COLUMN erp.publishing.quantity IS 'NULL = unknown.';

-- A step on the way to diff.remain, and an answer by itself: what would we publish, and by which rule?
CREATE OR REPLACE VIEW erp.published AS
SELECT warehouse, article, sum(on_hand)::numeric AS on_hand, sum(reserved)::numeric AS reserved, min(rule_id)::bigint AS rule_id,
       (CASE WHEN count(*) = count(quantity) THEN sum(quantity) END)::numeric AS quantity,
       sum(greatest(on_hand - reserved, 0) - quantity)::numeric AS held_back
  FROM erp.publishing
 GROUP BY warehouse, article;
COMMENT ON VIEW erp.published IS 'What KEAZ should show for each warehouse and article: whole units of quantity - reserved after the publishing rule, summed over the published brands.';
COMMENT ON COLUMN erp.published.quantity IS 'NULL = unknown: one of the rows it is made of has no quantity.';
COMMENT ON COLUMN erp.published.held_back IS 'Of what is free, what the publishing rules and the rounding to whole units keep.';

CREATE OR REPLACE VIEW diff.warehouse AS
SELECT CASE WHEN m.code IS NULL THEN 'add' ELSE 'update' END AS action,
       e.code::text AS code,
       m.address AS old_address,
       e.address::text AS new_address,
       m.contacts AS old_contacts,
       e.contacts::text AS new_contacts,
       'KEAZ refused this row: ' || d.reason AS held
  FROM erp.warehouses e
  LEFT JOIN mirror.keaz_warehouse m ON m.code = e.code
  LEFT JOIN queue.call d ON d.state = 'dead' AND d.key = 'keaz.warehouse:' || e.code
        AND d.args -> 'refused' = jsonb_build_object('address', e.address, 'contacts', e.contacts)
 WHERE m.code IS NULL
    OR btrim(coalesce(m.address, '')) <> btrim(e.address)
    OR btrim(coalesce(m.contacts, '')) <> btrim(e.contacts);
COMMENT ON VIEW diff.warehouse IS 'Warehouses to add or change at KEAZ. Warehouses that only KEAZ has are left alone, and so is a field that is NULL here: unknown is not empty.';

CREATE OR REPLACE VIEW diff.remain AS
WITH differing AS (
    SELECT 'update' AS action, p.warehouse, p.article, m.quantity AS old_quantity, p.quantity AS new_quantity,
           false AS vanished, p.on_hand, p.reserved, p.held_back
      FROM erp.published p
      LEFT JOIN mirror.keaz_remain m ON m.warehouse = p.warehouse AND m.article = p.article
     WHERE p.quantity IS NOT NULL AND m.quantity IS DISTINCT FROM p.quantity
    UNION ALL
    SELECT CASE (SELECT diff.setting('keaz.on_missing', '"zero"')) #>> '{}' WHEN 'delete' THEN 'delete' ELSE 'update' END,
           m.warehouse, m.article, m.quantity,
           CASE (SELECT diff.setting('keaz.on_missing', '"zero"')) #>> '{}' WHEN 'delete' THEN NULL ELSE 0::numeric END,
           true, NULL, NULL, NULL
      FROM mirror.keaz_remain m
     WHERE CASE (SELECT diff.setting('keaz.on_missing', '"zero"')) #>> '{}'
           WHEN 'zero' THEN m.quantity IS DISTINCT FROM 0 WHEN 'delete' THEN true ELSE false END
       AND NOT EXISTS (
           SELECT FROM erp.stock s
            WHERE s.warehouse_code = m.warehouse AND s.article = m.article
              AND CASE (SELECT diff.setting('keaz.brands', '[]')) WHEN '[]' THEN true
                  ELSE (SELECT diff.setting('keaz.brands', '[]')) ? s.brand::text END)
)
SELECT x.action, x.warehouse, x.article, x.old_quantity, x.new_quantity,
       CASE WHEN x.vanished AND NOT EXISTS (SELECT FROM erp.publishing) THEN 'erp.stock has no row at all to publish: nothing is zeroed or deleted for that'
            WHEN d.id IS NOT NULL THEN 'KEAZ refused this row: ' || d.reason
            WHEN w.code IS NOT NULL AND k.code IS NULL THEN 'the warehouse is not at KEAZ yet'
            WHEN x.loses AND t.article IS NULL THEN h.held END AS held,
       x.on_hand, x.reserved, x.held_back, x.loses, CASE WHEN x.loses THEN h.id END AS hold_id,
       x.loses AND t.article IS NOT NULL AS passed
  FROM (SELECT y.*, coalesce(CASE y.action WHEN 'delete' THEN y.old_quantity IS DISTINCT FROM 0
                                           ELSE y.new_quantity = 0 AND y.old_quantity > 0 END, false) AS loses
          FROM differing y) x
  LEFT JOIN erp.warehouses w ON w.code = x.warehouse
  LEFT JOIN mirror.keaz_warehouse k ON k.code = x.warehouse
  LEFT JOIN queue.call d ON d.state = 'dead' AND d.key = 'keaz.remain:' || x.warehouse || '/' || x.article
        AND d.args -> 'refused' = coalesce(to_jsonb(x.new_quantity), 'null')
  LEFT JOIN (SELECT p.place, p.article
               FROM queue.pass p LEFT JOIN queue.run u ON u.id = p.run_id
              WHERE p.upstream = 'keaz' AND p.brand = '' AND p.used_at IS NULL
                AND (p.run_id IS NULL OR u.state = 'running')) t ON t.place = x.warehouse AND t.article = x.article
  LEFT JOIN (SELECT r.place, r.article, o.id, queue.held(o) AS held
               FROM queue.hold o JOIN queue.hold_row r ON r.hold_id = o.id
              WHERE o.upstream = 'keaz' AND o.state IN ('held', 'refused')) h ON h.place = x.warehouse AND h.article = x.article;
COMMENT ON VIEW diff.remain IS 'Remains to set or delete at KEAZ. A row that the ERP no longer has follows keaz.on_missing; an unknown quantity is left alone.';
COMMENT ON COLUMN diff.remain.on_hand IS 'What the ERP has: on_hand - reserved - held_back = new_quantity, as far as more is free than reserved.';
COMMENT ON COLUMN diff.remain.old_quantity IS 'What KEAZ last listed or acknowledged; NULL = nothing.';
COMMENT ON COLUMN diff.remain.loses IS 'KEAZ shows some now, and would show 0 or nothing: what [guard] counts.';
COMMENT ON COLUMN diff.remain.hold_id IS 'The open hold that the row is in.';
COMMENT ON COLUMN diff.remain.passed IS 'A run that is under way has judged it, or a person has let it go, once. A row that loses goes with a pass only.';

CREATE OR REPLACE VIEW mirror.saplab_status_map AS
SELECT pair.position, pair.value ->> 0 AS erp_status, pair.value ->> 1 AS saplab_text, s.id AS saplab_status_id, s.name AS saplab_name
  FROM jsonb_array_elements((SELECT diff.setting('saplab.status_map', '[]'))) WITH ORDINALITY AS pair (value, position)
  LEFT JOIN LATERAL (
       SELECT id, name FROM mirror.saplab_status
        WHERE id::text = pair.value ->> 1 OR name = pair.value ->> 1
        ORDER BY id::text = pair.value ->> 1 DESC, id LIMIT 1) s ON true;
COMMENT ON VIEW mirror.saplab_status_map IS '[saplab.status_map] in the order of the file, with each entry looked up in the shop''s own statuses; saplab_status_id NULL = the shop has no such status.';

CREATE OR REPLACE VIEW diff."order" AS
SELECT CASE WHEN e.saplab_id IS NULL THEN 'insert' ELSE 'update' END AS action,
       m.id AS saplab_id, m.invoice, m.client_id, m.client_name, m.brand, m.article, m.name, m.quantity, m.price,
       m.total,
       CASE WHEN e.saplab_id IS NULL THEN (
            SELECT erp_status FROM mirror.saplab_status_map
             WHERE saplab_status_id = m.status_id ORDER BY position LIMIT 1) ELSE e.status::text END AS status,
       m.is_paid, m.date_added AS created_at, m.date_modified AS updated_at,
       CASE WHEN abs(m.total - m.price * m.quantity) >= 0.01 * greatest(m.quantity, 1)
            THEN 'its total of ' || m.total || ' is not ' || m.quantity || ' x ' || m.price END AS held
  FROM mirror.saplab_order m
  LEFT JOIN erp.orders e ON e.saplab_id = m.id
 WHERE e.saplab_id IS NULL
    OR (e.invoice, e.client_id, e.client_name, e.brand, e.article, e.name, e.quantity, e.price, e.total, e.is_paid,
        e.created_at, e.updated_at)
       IS DISTINCT FROM
       (m.invoice, m.client_id, m.client_name, m.brand, m.article, m.name, m.quantity, m.price, m.total, m.is_paid,
        m.date_added, m.date_modified);
COMMENT ON VIEW diff."order" IS 'Saplab positions to insert into erp.orders, or to refresh there (every column but status). One whose sums do not agree, by a kopeck for each unit or more, is held until they do.';

CREATE OR REPLACE VIEW diff.order_status AS
SELECT m.id AS saplab_id, m.invoice, m.article, m.status_id AS old_status_id, m.status_name AS old_status,
       e.status::text AS erp_status, w.saplab_status_id AS new_status_id, w.saplab_name AS new_status,
       CASE WHEN e.status IS NULL THEN 'the ERP has set no status'
            WHEN w.erp_status IS NULL THEN 'ERP status «' || e.status || '» is not in [saplab.status_map]'
            WHEN w.saplab_status_id IS NULL THEN 'Saplab has no status «' || w.saplab_text || '»'
            WHEN d.id IS NOT NULL THEN 'Saplab refused this status: ' || d.reason
            WHEN w.saplab_status_id = m.agreed_status_id
                 AND (SELECT diff.setting('saplab.on_drift', '"push"')) = '"hold"'
            THEN 'somebody set «' || coalesce(m.status_name, m.status_id::text) || '» in Saplab'
            WHEN w.saplab_status_id = m.agreed_status_id
                 AND (SELECT diff.setting('saplab.on_drift', '"push"')) = '"accept"'
            THEN 'somebody set «' || coalesce(m.status_name, m.status_id::text) || '» in Saplab'
                 || CASE WHEN EXISTS (SELECT FROM mirror.saplab_status_map a WHERE a.saplab_status_id = m.status_id)
                    THEN ', which the ERP gets' ELSE ', to which [saplab.status_map] gives no ERP status' END
            END AS held
  FROM erp.orders e
  JOIN mirror.saplab_order m ON m.id = e.saplab_id
  LEFT JOIN mirror.saplab_status_map w ON w.erp_status = e.status
  LEFT JOIN queue.call d ON d.state = 'dead' AND d.key = 'saplab.order_status:' || e.saplab_id
        AND d.args -> 'refused' = to_jsonb(w.saplab_status_id)
 WHERE (SELECT diff.setting('saplab.status_map', '[]')) <> '[]'
   AND w.saplab_status_id IS DISTINCT FROM m.status_id;
COMMENT ON VIEW diff.order_status IS 'Order statuses to set in Saplab. Empty while [saplab.status_map] is.';

CREATE OR REPLACE VIEW diff.supplier_price AS
WITH differing AS (
    SELECT CASE WHEN e.supplier IS NULL THEN 'insert' ELSE 'update' END AS action,
           m.supplier, m.source, m.brand, m.article, m.name, e.price::numeric AS old_price, m.price, m.quantity, m.quantity_text,
           m.min_quantity, m.days_min, m.days_max, e.quantity::int AS old_quantity
      FROM mirror.price m
      LEFT JOIN erp.supplier_prices e USING (supplier, source, brand, article)
     WHERE e.supplier IS NULL
        OR (e.name, e.price, e.quantity, e.quantity_text, e.min_quantity, e.days_min, e.days_max)
           IS DISTINCT FROM (m.name, m.price, m.quantity, m.quantity_text, m.min_quantity, m.days_min, m.days_max)
    UNION ALL
    SELECT 'delete', e.supplier::text, e.source::text, e.brand::text, e.article::text, e.name::text, e.price::numeric,
           NULL, NULL, NULL, NULL, NULL, NULL, e.quantity::int
      FROM erp.supplier_prices e
     WHERE EXISTS (SELECT FROM mirror.snapshot s WHERE s.name = e.supplier || '.prices:' || e.source)
       AND NOT EXISTS (
           SELECT FROM mirror.price m
            WHERE m.supplier = e.supplier AND m.source = e.source AND m.brand = e.brand AND m.article = e.article)
)
SELECT x.action, x.supplier, x.source, x.brand, x.article, x.name, x.old_price, x.price, x.quantity, x.quantity_text,
       x.min_quantity, x.days_min, x.days_max,
       (SELECT queue.held(o) FROM queue.hold o
         WHERE o.upstream = x.supplier AND o.scope = x.source AND o.state IN ('held', 'refused')
         ORDER BY o.id DESC LIMIT 1) AS held,
       x.old_quantity
  FROM differing x;
COMMENT ON VIEW diff.supplier_price IS 'Rows of erp.supplier_prices to write so that it equals the last good price lists. A list of which [guard] holds rows is held as a whole.';

-- Of several offers for one key the cheapest counts, then the one that comes soonest. Where a price list and a search
-- name their source alike, the row is the list's. A search is written by itself: its two names must reach the indexes.
CREATE OR REPLACE VIEW diff.spot_price AS
WITH looked_at AS NOT MATERIALIZED (
    SELECT DISTINCT f.supplier, f.searched, f.is_whole, f.article, upper(btrim(w.brand::text)) AS brand
      FROM mirror.search f
      JOIN erp.watched_articles w ON upper(btrim(w.article::text)) = f.article
           AND mirror.searched(f.supplier, w.article::text, w.brand::text) = f.searched
), wanted AS (
    SELECT DISTINCT ON (o.supplier, o.searched, o.source, o.brand, o.article) o.*
      FROM looked_at l
      JOIN mirror.offer o ON o.supplier = l.supplier AND o.searched = l.searched
           AND upper(btrim(o.brand)) = l.brand AND upper(btrim(o.article)) = l.article
     WHERE NOT coalesce(o.is_cross, false)
       AND NOT EXISTS (SELECT FROM mirror.snapshot s WHERE s.name = o.supplier || '.prices:' || o.source)
     ORDER BY o.supplier, o.searched, o.source, o.brand, o.article, o.price, o.days_max NULLS LAST, o.id
)
SELECT CASE WHEN e.supplier IS NULL THEN 'insert' ELSE 'update' END AS action,
       o.supplier, o.searched, o.source, o.brand, o.article, o.name, e.price::numeric AS old_price, o.price, o.quantity,
       o.quantity_text, o.min_quantity, o.days_min, o.days_max, NULL::text AS held
  FROM wanted o
  LEFT JOIN erp.supplier_prices e USING (supplier, source, brand, article)
 WHERE e.supplier IS NULL
    OR (e.name, e.price, e.quantity, e.quantity_text, e.min_quantity, e.days_min, e.days_max)
       IS DISTINCT FROM (o.name, o.price, o.quantity, o.quantity_text, o.min_quantity, o.days_min, o.days_max)
UNION ALL
SELECT 'delete', l.supplier, l.searched, e.source::text, e.brand::text, e.article::text, e.name::text, e.price::numeric,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM looked_at l
  JOIN erp.supplier_prices e ON e.supplier = l.supplier AND upper(btrim(e.brand::text)) = l.brand
       AND upper(btrim(e.article::text)) = l.article
 WHERE l.is_whole
   AND NOT EXISTS (SELECT FROM mirror.snapshot s WHERE s.name = e.supplier || '.prices:' || e.source)
   AND NOT EXISTS (
       SELECT FROM mirror.offer o
        WHERE o.supplier = l.supplier AND o.searched = l.searched AND o.source = e.source AND o.brand = e.brand
          AND o.article = e.article AND NOT coalesce(o.is_cross, false));
COMMENT ON VIEW diff.spot_price IS 'Rows of erp.supplier_prices to write so that it shows what the last search of each watched article found. What was not searched for a day is left as it is.';
COMMENT ON COLUMN diff.spot_price.searched IS 'The search that found it, or did not find it any more: mirror.search.';

CREATE OR REPLACE VIEW diff.purchase AS
WITH wanted AS NOT MATERIALIZED (
    SELECT e.id::bigint AS id, lower(btrim(e.supplier::text)) AS supplier, btrim(e.brand::text) AS brand,
           btrim(e.article::text) AS article, e.quantity::numeric AS quantity, e.max_price::numeric AS max_price,
           e.status::text AS status, e.supplier_order_id::text AS supplier_order_id,
           e.supplier_number::text AS supplier_number, e.supplier_status::text AS supplier_status, e.error::text AS error,
           CASE WHEN coalesce(lower(btrim(e.supplier::text)), '') NOT IN ('carreta', 'saplab')
                THEN 'supplier «' || coalesce(e.supplier::text, '') || '» is not known: carreta or saplab is'
                WHEN coalesce(btrim(e.brand::text), '') = '' OR coalesce(btrim(e.article::text), '') = ''
                THEN 'brand and article are needed'
                WHEN e.quantity IS NULL OR e.quantity::numeric NOT BETWEEN 1 AND 10000 OR e.quantity::numeric % 1 <> 0
                THEN 'quantity must be a whole number from 1 to 10000'
                WHEN e.max_price::numeric <= 0 THEN 'max_price must be above 0, or NULL for any price' END AS wrong
      FROM erp.purchase_orders e
)
SELECT CASE WHEN w.wrong IS NULL THEN 'place' ELSE 'refuse' END AS action, w.id, w.supplier, w.brand, w.article,
       CASE WHEN w.wrong IS NULL THEN w.quantity::int END AS quantity, w.max_price,
       CASE WHEN w.wrong IS NULL THEN 'placing' ELSE 'failed' END AS status, NULL::text AS supplier_order_id,
       NULL::text AS supplier_number, NULL::text AS supplier_status, w.wrong AS error,
       CASE WHEN w.wrong IS NULL AND NOT (SELECT diff.setting('suppliers', '[]')) ? w.supplier
            THEN 'supplier «' || w.supplier || '» is not configured' END AS held
  FROM wanted w
  LEFT JOIN mirror.purchase p ON p.id = w.id
 WHERE w.supplier_order_id IS NULL AND coalesce(w.status, '') NOT IN ('placing', 'placed', 'unknown', 'failed', 'cancelled')
   AND (p.id IS NULL OR p.state = 'failed')
UNION ALL
SELECT 'update', w.id, p.supplier, p.brand, p.article, p.quantity, p.max_price, p.state, p.ordered_id::text, n.number, n.status,
       p.error, NULL
  FROM wanted w
  JOIN mirror.purchase p ON p.id = w.id
  LEFT JOIN mirror.carreta_order c ON p.supplier = 'carreta' AND c.id = p.ordered_id
  LEFT JOIN mirror.saplab_purchase s ON p.supplier = 'saplab' AND s.id = p.ordered_id
  LEFT JOIN mirror.saplab_purchase_status t ON t.id = s.status_id
 CROSS JOIN LATERAL (
       SELECT coalesce(nullif(c.number, ''), s.invoice, p.number) AS number,
              coalesce(mirror.carreta_status(c.status), s.status_name, t.name,
                       nullif(concat_ws(': ', coalesce(c.status::text, s.status_id::text), nullif(c.status_display, '')), '')) AS status) n
 WHERE (p.state <> 'failed' OR w.status IN ('placing', 'placed', 'unknown', 'failed'))
   AND (w.status, w.supplier_order_id, w.supplier_number, w.supplier_status, w.error)
       IS DISTINCT FROM (p.state, p.ordered_id::text, n.number, n.status, p.error);
COMMENT ON VIEW diff.purchase IS 'place = to be taken up and bought; refuse = cannot be; update = what became of it, to be written into erp.purchase_orders.';
