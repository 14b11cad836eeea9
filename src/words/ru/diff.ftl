# Что расходится.
diff-about = Что было бы записано сейчас, со старым и новым значением. Списка изменений никто не ведёт: это сама разница.
diff-warehouse = Склад
diff-brand = Бренд
diff-article = Артикул
diff-all-jobs = Все
diff-show = Показать
diff-clear = Показать всё
diff-holds = Задержано предохранителем
diff-holds-about = Больше, чем один запуск может убрать. Ничего из этого не уйдёт, пока кто-нибудь не решит.
diff-hold = Задержка { $id }: { $job }, { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[other] { $rows } строк
}
diff-hold-refused = отклонено
diff-rows = Строки, которые расходятся
diff-as-of = По состоянию на
diff-counting = Строки ищутся. Страница покажет их, когда они найдутся.
diff-counting-anew = ищутся заново
diff-failed = Строки найти не удалось:
diff-nothing = Всё согласовано: расхождений нет.
diff-totals = Итоги
diff-action = Действие
diff-goes = Будет записано
diff-is-held = Задержано
diff-first = Первые { $rows } из { $of } строк. Остальные найдёт отбор.
diff-row = Строка
diff-old = Было
diff-new = Станет
diff-why-held = Задержано, потому что
action-add = добавить
action-insert = вставить
action-update = изменить
action-delete = удалить
action-place = заказать
action-refuse = отказать
