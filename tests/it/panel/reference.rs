//! The reference job: the shop's lists and its clients in the mirror, where the ERP can join on them.

use sverka::job::Job;
use sverka::simulate::{Action, Rule, Upstream};

use super::shop;

#[tokio::test]
async fn the_shops_lists_and_all_its_clients_with_their_balances_are_in_the_mirror() {
    let fixture = shop().await;
    {
        let mut world = fixture.sim.world();
        for id in 3..=320 {
            let mut client = world.saplab.clients[&1].clone();
            client.id = id;
            client.phone = format!("{:010}", 9_100_000_000 + id);
            client.name = format!("Клиент {id}");
            client.balance = format!("{id}.25").parse().unwrap();
            client.manager_id = 1;
            world.saplab.clients.insert(id, client);
        }
    }
    fixture.sync_done(&[Job::Reference]).await;
    let value = async |sql: &str| fixture.value(sql).await.unwrap_or_default();
    assert_eq!(
        value("SELECT string_agg(name, ';' ORDER BY id) FROM mirror.saplab_manager").await,
        "Иванова Анна"
    );
    assert_eq!(
        value("SELECT client_count FROM mirror.saplab_manager WHERE id = 1").await,
        "318"
    );
    let types = "SELECT string_agg(name || min_price, ';' ORDER BY id) FROM mirror.saplab_shipping_type";
    assert_eq!(value(types).await, "Доставка по городу1;Доставка до ТК 2");
    let groups = "SELECT string_agg(id || '=' || discount, ';' ORDER BY id) FROM mirror.saplab_group";
    assert_eq!(value(groups).await, "1=0;7=5");
    assert_eq!(fixture.count("mirror.saplab_status").await, 7);
    assert_eq!(fixture.count("mirror.saplab_client").await, 320);
    assert_eq!(
        value("SELECT balance FROM mirror.saplab_client WHERE id = 320").await,
        "320.25"
    );
    assert_eq!(
        value("SELECT manager_name FROM mirror.saplab_client WHERE id = 5").await,
        "Иванова Анна"
    );
    let company = "SELECT wholesaler_info || credit_limit FROM mirror.saplab_client WHERE id = 2";
    assert_eq!(value(company).await, "ООО \"Рога и Копыта\"10000");
    let pages = fixture.sim.counts()["saplab.panel.client.list"].arrived;
    assert_eq!(pages, 3, "150 clients a page");
}

#[tokio::test]
async fn what_was_removed_in_the_shop_goes_and_what_came_back_empty_stays() {
    let fixture = shop().await;
    fixture.sync_done(&[Job::Reference]).await;
    fixture.sim.world().saplab.shipping_types.remove(0);
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.group.list",
        Action::Garbage(r#"{"groups":[]}"#.into()),
    ));
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.manager.list",
        Action::Garbage(r#"{"managers":[{"name":"no id"}]}"#.into()),
    ));
    let rows = fixture.sync(&[Job::Reference]).await;
    assert_eq!((rows[0].outcome.as_deref(), rows[0].dead_calls), (Some("partial"), 2));
    assert_eq!(fixture.count("mirror.saplab_shipping_type").await, 1);
    assert_eq!(fixture.count("mirror.saplab_group").await, 2);
    assert_eq!(fixture.count("mirror.saplab_manager").await, 1);
}

#[tokio::test]
async fn an_archived_position_that_a_person_looks_at_does_not_enter_the_erp() {
    let fixture = shop().await;
    fixture.sim.world().saplab.positions.get_mut(&1).unwrap().is_archived = true;
    let call = super::done(
        &fixture,
        "saplab.orders.list",
        serde_json::json!({"unignore_archived": true}),
    )
    .await;
    assert_eq!(call.answer.unwrap()["positions"].as_array().unwrap().len(), 3);
    assert_eq!(fixture.count("erp.orders").await, 2);
}
