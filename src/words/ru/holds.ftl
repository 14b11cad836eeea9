# Что удерживает [guard] и решения об этом.
hold-state-held = ждёт решения
hold-state-released = отпущено
hold-state-refused = отказано
hold-state-over = закончилось
holds-title = Удержанные строки
holds-text = То, что один запуск убрал бы или переоценил сверх разрешённого в [guard]. Всё остаётся как есть, пока не решит человек или пока не исправят ERP или прайс-лист.
holds-none = Ничего не удержано.
holds-one = Удержание { $id }
holds-unknown = Удержания { $id } нет
holds-unknown-text = Законченные забываются через queue.keep.
holds-id = Удержание
holds-state = Состояние
holds-where = Где
holds-rows = Строки
holds-since = С
holds-seen = Последняя проверка
holds-run = Запуск
holds-why = Почему
holds-decide = Отпущенные строки уйдут один раз, со следующим запуском задания «{ $job }». Значения читаются тогда же: исправленная строка не будет тронута.
holds-release = { $rows ->
    [one] Отпустить { $rows } строку
    [few] Отпустить { $rows } строки
   *[other] Отпустить { $rows } строк
 }
holds-release-sure = { $rows ->
    [one] Точно отпустить { $rows } строку?
    [few] Точно отпустить { $rows } строки?
   *[other] Точно отпустить { $rows } строк?
 }
holds-refuse = Оставить как есть
holds-rows-of = { $rows } из { $of }
holds-place = Место
holds-article = Артикул
holds-old = Сейчас
holds-new = Стало бы
holds-gone = исчезнет
holds-more = Ещё строки
