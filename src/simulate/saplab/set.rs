//! What the panel changes of a position: its status, cancelled, archived, documents. Paying is in `money`.

use chrono::Utc;
use serde_json::json;

use super::Call;
use super::verdict::{INCOMPLETE, error, failed, success};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::{Position, PositionEvent};

const NO_SUCH_ORDER: &str = "Нет подходящих заказов.";

/// `POST /panel/order/set_status/$ID`. Setting the status it has already is applied again: notices go out again.
pub(super) fn status(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let Some(status_id) = call.form.number::<u64>("status_id") else {
        return error(INCOMPLETE);
    };
    let Some(position) = find(call, cx) else {
        return error(NO_SUCH_ORDER);
    };
    let id = position.id;
    let Some(status) = cx.world.saplab.status(status_id) else {
        return failed();
    };
    let (color, status) = (status.color.clone(), status.name.clone());
    let event = PositionEvent {
        at: Utc::now(),
        color,
        status,
        manager: "Владелец Магазина".into(),
    };
    change(id, cx, |position| {
        position.status_id = status_id;
        position.history.push(event);
    });
    cx.effect("saplab.panel.order.set_status", id, status_id.into());
    success("Статус установлен успешно.")
}

/// `GET /panel/order/deny/$ID`. The document has no failure for it; the status stays what it was.
pub(super) fn deny(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let Some(position) = find(call, cx) else {
        return error(NO_SUCH_ORDER);
    };
    let id = position.id;
    change(id, cx, |position| position.is_denied = true);
    cx.effect("saplab.panel.order.deny", id, true.into());
    success("Позиция снята")
}

/// `GET /panel/order/archive/$ID`.
pub(super) fn archive(call: &Call, cx: &mut Cx<'_>) -> Answer {
    match find(call, cx)
        .filter(|position| !position.is_archived)
        .map(|position| position.id)
    {
        None => error("Не удалось отправить заказы в архив."),
        Some(id) => {
            change(id, cx, |position| position.is_archived = true);
            cx.effect("saplab.panel.order.archive", id, true.into());
            success("1 заказов отправлено в архив.")
        }
    }
}

/// `GET /panel/order/unarchive/$ID`; the document's example of it is a copy of deny's.
pub(super) fn unarchive(call: &Call, cx: &mut Cx<'_>) -> Answer {
    match find(call, cx)
        .filter(|position| position.is_archived)
        .map(|position| position.id)
    {
        None => error("Не найдено подходящих заказов."),
        Some(id) => {
            change(id, cx, |position| position.is_archived = false);
            cx.effect("saplab.panel.order.unarchive", id, false.into());
            success("Заказ разархивирован и появился в основном списке заказов.")
        }
    }
}

/// `GET /panel/order/documents/19,20,21`. Asked again, it makes new documents.
pub(super) fn documents(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let ids: Option<Vec<u64>> = call
        .args
        .first()
        .and_then(|ids| ids.split(',').map(|id| id.trim().parse().ok()).collect());
    let positions = &cx.world.saplab.positions;
    let Some(ids) = ids.filter(|ids| ids.iter().all(|id| positions.contains_key(id))) else {
        return error(NO_SUCH_ORDER);
    };
    cx.world.saplab.last_document += 1;
    let document = cx.world.saplab.last_document;
    for id in &ids {
        change(*id, cx, |position| position.doc_id = Some(document));
    }
    cx.effect("saplab.panel.order.documents", document, json!(ids));
    success("Документы сгенерированы.")
}

/// The position that the path names.
pub(super) fn find<'a>(call: &Call, cx: &'a Cx<'_>) -> Option<&'a Position> {
    cx.world.saplab.positions.get(&call.id()?)
}

/// Changes a position, and the time of its last change.
pub(super) fn change(id: u64, cx: &mut Cx<'_>, set: impl FnOnce(&mut Position)) {
    if let Some(position) = cx.world.saplab.positions.get_mut(&id) {
        set(position);
        position.modified = Utc::now();
    }
}
