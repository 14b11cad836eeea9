//! The demo's ERP: five warehouses with two thousand articles each, and eleven changes.

use sqlx::PgPool;

pub(super) async fn fill(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "INSERT INTO erp.warehouses (code, name, address, contacts) VALUES
             ('001', 'Центральный', 'Курск, ул. Луначарского, 8', '+7 900 000-00-01'),
             ('002', 'Северный', 'Санкт-Петербург, Литейный пр., 5', '+7 900 000-00-02'),
             ('003', 'Восточный', 'Екатеринбург, ул. Мира, 12', '+7 900 000-00-03'),
             ('D4R7WE', 'Южный', 'Ростов-на-Дону, пр. Будённовский, 3', '+7 900 000-00-04'),
             ('KZN', 'Волжский', 'Казань, ул. Баумана, 44', '+7 900 000-00-05');
         INSERT INTO erp.stock (warehouse_code, brand, article, quantity, reserved)
         SELECT w.code, 'KEAZ', to_char(100000 + a, 'FM000000'), (a * 7 + length(w.code)) % 120, a % 5
           FROM erp.warehouses w CROSS JOIN generate_series(1, 2000) AS a",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Seven stock rows, three order statuses, one address.
pub(super) async fn change(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE erp.stock SET quantity = quantity + reserved + 200
          WHERE (warehouse_code, article) IN (('001', '100001'), ('001', '100002'), ('002', '100777'), ('003', '101234'),
                                              ('D4R7WE', '100500'), ('D4R7WE', '102000'), ('KZN', '101999'));
         UPDATE erp.orders SET status = CASE status WHEN 'выдан' THEN 'в работе' ELSE 'выдан' END
          WHERE saplab_id IN (SELECT saplab_id FROM erp.orders ORDER BY saplab_id LIMIT 3);
         UPDATE erp.warehouses SET address = 'Казань, ул. Баумана, 46' WHERE code = 'KZN'",
    )
    .execute(pool)
    .await?;
    Ok(())
}
