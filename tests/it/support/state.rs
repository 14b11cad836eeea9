//! Judging the end state, without asking the code under test what it should be.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::fixture::Fixture;

impl Fixture {
    /// Every view of schema `diff` is empty.
    pub(crate) async fn assert_in_sync(&self) {
        let differing = self.differing().await;
        assert!(differing.is_empty(), "not in sync: {differing:#?}");
    }

    /// The rows of every view of schema `diff`, as JSON, under the view's name.
    pub(crate) async fn differing(&self) -> Vec<String> {
        let views: Vec<String> =
            sqlx::query_scalar("SELECT viewname::text FROM pg_views WHERE schemaname = 'diff' ORDER BY 1")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        assert!(views.len() >= 5, "where are the views? {views:?}");
        let mut differing = Vec::new();
        for view in views {
            let query = format!("SELECT to_jsonb(v)::text FROM diff.\"{view}\" v LIMIT 20");
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .fetch_all(&self.pool)
                .await
                .unwrap();
            differing.extend(rows.into_iter().map(|row| format!("{view}: {row}")));
        }
        differing
    }

    /// What KEAZ holds: remains as `warehouse/article` = quantity.
    pub(crate) fn remains(&self) -> BTreeMap<String, u64> {
        let world = self.sim.world();
        let remains = world.keaz.remains.iter();
        remains
            .map(|((warehouse, article), quantity)| (format!("{warehouse}/{article}"), *quantity))
            .collect()
    }

    /// KEAZ has the ERP's warehouses with address and contacts, and for every known quantity its free whole units;
    /// whatever else it has is 0. For an ERP without publishing rules, with all brands published.
    pub(crate) async fn assert_keaz_equals_erp(&self) {
        let warehouses: Vec<(String, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT code::text, address::text, contacts::text FROM erp.warehouses ORDER BY code")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let wanted: Vec<_> = warehouses
            .into_iter()
            .map(|(code, address, contacts)| (code, address.unwrap_or_default(), contacts.unwrap_or_default()))
            .collect();
        let of_keaz = |world: &sverka::simulate::World| -> Vec<_> {
            let all = world.keaz.warehouses.values();
            all.map(|one| (one.code.clone(), one.address.clone(), one.contacts.clone()))
                .collect()
        };
        let mut found = of_keaz(&self.sim.world());
        found.sort();
        let mut sorted = wanted;
        sorted.sort();
        assert_eq!(found, sorted, "warehouses at KEAZ (left) and in the ERP (right)");

        let (wanted, unknown) = self.wanted_remains().await;
        let mut found = self.remains();
        found.retain(|key, quantity| wanted.contains_key(key) || (*quantity > 0 && !unknown.contains(key)));
        assert_eq!(found, wanted, "remains at KEAZ (left) and in the ERP (right)");
    }

    /// The known quantities, and the keys of the unknown ones.
    async fn wanted_remains(&self) -> (BTreeMap<String, u64>, Vec<String>) {
        let rows: Vec<(String, String, Option<Decimal>, Option<Decimal>)> = sqlx::query_as(
            "SELECT warehouse_code::text, article::text, quantity::numeric, reserved::numeric FROM erp.stock",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let (mut wanted, mut unknown) = (BTreeMap::new(), Vec::new());
        for (warehouse, article, quantity, reserved) in rows {
            let key = format!("{warehouse}/{article}");
            match quantity {
                None => unknown.push(key),
                Some(quantity) => {
                    let free = (quantity - reserved.unwrap_or_default()).floor().max(Decimal::ZERO);
                    *wanted.entry(key).or_default() += u64::try_from(free).unwrap();
                }
            }
        }
        wanted.retain(|key, _| !unknown.contains(key));
        (wanted, unknown)
    }

    /// Every position of the shop has the status that the ERP's word means.
    pub(crate) async fn assert_statuses_equal_erp(&self) {
        let rows: Vec<(i64, Option<String>)> = sqlx::query_as("SELECT saplab_id::bigint, status::text FROM erp.orders")
            .fetch_all(&self.pool)
            .await
            .unwrap();
        let world = self.sim.world();
        assert_eq!(
            rows.len(),
            world.saplab.positions.len(),
            "positions in the ERP and in the shop"
        );
        for (id, status) in rows {
            let known = super::setup::STATUS_MAP
                .iter()
                .find(|(erp, _)| Some(*erp) == status.as_deref());
            let (_, wanted) = known.unwrap_or_else(|| panic!("position {id} has the status {status:?}"));
            let found = world.saplab.positions[&u64::try_from(id).unwrap()].status_id;
            assert_eq!(
                found, *wanted,
                "status of position {id}, which the ERP calls {status:?}"
            );
        }
    }
}
