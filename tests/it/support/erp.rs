//! Filling the two ends: the company's tables, and the shop's orders.

use sverka::simulate::world::Position;

use super::fixture::Fixture;

impl Fixture {
    /// Executes statements in the ERP's database.
    pub(crate) async fn sql(&self, statements: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()))
            .execute(&self.pool)
            .await
            .unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// One value; a missing row is an error, NULL is `None`.
    pub(crate) async fn value(&self, query: &str) -> Option<String> {
        let query = format!("SELECT ({query})::text");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query.clone()))
            .fetch_one(&self.pool)
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// A number of rows.
    pub(crate) async fn count(&self, from: &str) -> i64 {
        let query = format!("SELECT count(*) FROM {from}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query.clone()))
            .fetch_one(&self.pool)
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The ERP: warehouses `W1`.. with articles `ART-00001`.. of brand `KEAZ` in each, quantities 0 to 49.
    pub(crate) async fn fill(&self, warehouses: u32, articles: u32) {
        self.sql(&format!(
            "INSERT INTO erp.warehouses (code, name, address, contacts)
             SELECT 'W' || w, 'Склад ' || w, 'г. Уфа, ул. Складская, ' || w, '+7 900 000-00-0' || w
               FROM generate_series(1, {warehouses}) w;
             INSERT INTO erp.stock (warehouse_code, brand, article, quantity)
             SELECT 'W' || w, 'KEAZ', 'ART-' || lpad(a::text, 5, '0'), (a * 7 + w) % 50
               FROM generate_series(1, {warehouses}) w, generate_series(1, {articles}) a;"
        ))
        .await;
    }

    /// One warehouse.
    pub(crate) async fn warehouse(&self, code: &str, address: &str, contacts: &str) {
        sqlx::query("INSERT INTO erp.warehouses (code, name, address, contacts) VALUES ($1, 'Склад', $2, $3)")
            .bind(code)
            .bind(address)
            .bind(contacts)
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// One row of stock; `quantity` as a number is written, or `None` for unknown.
    pub(crate) async fn stock(&self, warehouse: &str, brand: &str, article: &str, quantity: Option<&str>) {
        sqlx::query(
            "INSERT INTO erp.stock (warehouse_code, brand, article, quantity) VALUES ($1, $2, $3, $4::text::numeric)",
        )
        .bind(warehouse)
        .bind(brand)
        .bind(article)
        .bind(quantity)
        .execute(&self.pool)
        .await
        .unwrap();
    }

    /// Adds a position to the shop; returns its id.
    pub(crate) fn position(&self, position: Position) -> u64 {
        self.sim.world().saplab.add_position(position)
    }

    /// Adds so many usual positions to the shop, all with status 6; returns their ids.
    pub(crate) fn positions(&self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.position(Position::default())).collect()
    }
}
