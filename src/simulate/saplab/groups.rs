//! Discount groups of clients: the list shows `group_id` where the document's table says `id`.

use serde_json::{Value, json};

use super::Call;
use super::verdict::{INCOMPLETE, error, success};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::Group;

pub(super) fn list(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let show = |group: &Group| {
        json!({
            "group_id": group.id.to_string(),
            "name": group.name,
            "discount": group.discount.to_string(),
            "comment": group.comment,
        })
    };
    let groups: Vec<Value> = cx.world.saplab.groups.iter().map(show).collect();
    Answer::json(200, &json!({"groups": groups}))
}

pub(super) fn add(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = cx
        .world
        .saplab
        .groups
        .iter()
        .map(|group| group.id)
        .max()
        .unwrap_or_default()
        + 1;
    let Some(group) = read(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect(
        "saplab.panel.group.add",
        id,
        json!({"name": group.name, "discount": group.discount}),
    );
    cx.world.saplab.groups.push(group);
    success("Группа клиентов успешно добавлена.")
}

pub(super) fn edit(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = call.id().unwrap_or_default();
    let Some(place) = cx.world.saplab.groups.iter().position(|group| group.id == id) else {
        return error("Группа не найдена.");
    };
    let Some(group) = read(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect(
        "saplab.panel.group.edit",
        id,
        json!({"name": group.name, "discount": group.discount}),
    );
    cx.world.saplab.groups[place] = group;
    success("Группа обновлена.")
}

pub(super) fn remove(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let shop = &mut cx.world.saplab;
    let id = call
        .form
        .number::<u64>("id")
        .filter(|id| !shop.protected_groups.contains(id));
    let Some(place) = id.and_then(|id| shop.groups.iter().position(|group| group.id == id)) else {
        return error("Группа используется в настройках магазина, удаление невозможно.");
    };
    let group = shop.groups.remove(place);
    cx.effect("saplab.panel.group.remove", group.id, Value::Null);
    success("Группа успешно удалена.")
}

fn read(call: &Call, id: u64) -> Option<Group> {
    let name = call.form.filled("name")?.to_owned();
    Some(Group {
        id,
        name,
        discount: call.form.number("discount")?,
        comment: call.form.text("comment"),
    })
}
