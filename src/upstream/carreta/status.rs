//! The names of an order's statuses (Carreta document, Описание статусов заказа).
//!
//! The numbers do not grow with progress: 14 comes before 5. 6 and 9 are not documented; neither they nor any new
//! number is given a name here.

/// The name of a status number; `None` when the document does not have it: shown as its number then, never guessed.
pub fn status_name(status: i64) -> Option<&'static str> {
    Some(match status {
        1 => "Ожидает оплаты",
        2 => "Получен в заказ",
        3 => "В работе",
        4 => "В пути от поставщика",
        5 => "В пункте выдачи",
        7 => "Выдан (Отправлен)",
        8 => "Отменен",
        10 => "Нет в наличии",
        11 => "Принят поставщиком",
        12 => "В пути из филиала",
        13 => "На складе филиала",
        14 => "На складе",
        15 => "В пути в пункт выдачи",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::status_name;

    #[test]
    fn the_documents_thirteen_statuses_have_names_and_no_other_number_has() {
        let named: Vec<i64> = (-1..=20).filter(|status| status_name(*status).is_some()).collect();
        assert_eq!(named, [1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15]);
        assert_eq!(status_name(7), Some("Выдан (Отправлен)"));
    }
}
