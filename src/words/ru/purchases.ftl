# Что нужно купить для ERP.
purchase-wanted = нужно купить
purchase-placing = покупается
purchase-placed = куплено
purchase-failed = не куплено
purchase-unknown = неизвестно, куплено ли
purchase-cancelled = отменено
purchases-all = Все
purchases-trouble = С трудностями
purchases-none = Таких нет.
purchases-older = Более старые
purchases-id = Закупка
purchases-what = Что
purchases-supplier = Поставщик
purchases-status = Состояние
purchases-price = Цена
purchases-changed = Изменена
purchases-error = Ошибка
