# Что печатают команды в терминале, и их ошибки. Кроме того, они берут слова страниц.
error-database = база данных не отвечает: { $why }. Ничего не теряется: работающая служба продолжит сама, когда база ответит. Проверьте, запущен ли PostgreSQL и верно ли указан database.url
error-database-url = database.url — не адрес PostgreSQL: { $why }
error-database-old = PostgreSQL { $version } слишком старый: нужен 14 или новее
error-schema-newer = схема базы данных новее (миграция { $version }), чем знает эта программа: установите новую версию sverka
error-migrating = другой процесс обновляет схему базы данных дольше { $seconds } с; повторите, когда он закончит
error-stale = нет успеха дольше обещанного в [freshness]: { $jobs }
error-interrupted = прервано; несделанное остаётся в очереди
error-call-gone = вызова { $id } больше нет в очереди
sync-unknown-job = задания «{ $job }» нет; есть задания: { $known }
sync-handed-over = служба выполняет запуск { $runs } (sverka status)
sync-held = { $state }: { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[other] { $rows } строк
}, { $why } (sverka hold show { $id })
sync-not-configured = заданию { $job } нечего делать: его внешняя система не настроена
sync-no-part = --only называет артикул (stock) или позицию (orders), а не часть задания { $job }
sync-nothing = не настроена ни одна внешняя система, с которой это можно сделать: sverka config show
sync-waits = { $why }. Ничего не потеряно: вызовы остаются в очереди, их выполнит служба или следующий sync
sync-rests = отдыхает
sync-incomplete = сделано не всё, смотрите: sverka queue list
sync-state = { $job } (запуск { $run }): { $state }
sync-counts = принято { $pulled }, отдано { $pushed }, отклонено { $refused }
sync-bar = принято { $pulled }, отдано { $pushed }
sync-calls = вызовов
term-refused = Отклонено
term-dead = Не удалось
term-kind = Вид
term-of = Из
term-by = Кто решил
term-examples = Строки, напр.
term-brand = Бренд
term-http = HTTP
term-request = Запрос
term-sent = Отправлено
term-took = Длился
term-got = Получено
term-finding = Найдено
term-bytes = { $n } Б
term-milliseconds = { $n } мс
kind-zero = обнуление
kind-delete = удаление
kind-reprice = переоценка
hold-nothing = ничего не удержано
hold-released = удержание { $id } отпущено: { $rows ->
    [one] { $rows } строка может уйти
    [few] { $rows } строки могут уйти
   *[other] { $rows } строк могут уйти
} со следующим запуском { $job } (sverka sync { $job })
hold-refused = удержание { $id } отклонено: его строки останутся как есть, пока их не исправят
hold-head = удержание { $id }, { $state }: { $job } { $place }
hold-why = почему: { $why }
hold-decided = решение: { $who }, { $at }
hold-in-all = { $rows ->
    [one] всего { $rows } строка
    [few] всего { $rows } строки
   *[other] всего { $rows } строк
} (--limit)
hold-unknown = удержания { $id } нет; закончившиеся забываются через queue.keep
hold-released-already = удержание { $id } уже отпущено, решение: { $who }
hold-refused-already = удержание { $id } уже отклонено, решение: { $who }
hold-over = удержание { $id } закончилось: его строки исправлены, или его место заняло более крупное (sverka hold list)
call-compare = вызов { $id } мог состояться; сравните с тем, что на сайте; если не состоялся, добавьте --yes
call-due = вызов { $id } будет выполнен сейчас: службой или следующим sync
call-cancelled = вызов { $id } отменён; что ещё расходится, отправит следующий запуск
call-unknown = вызова { $id } нет; завершённые забываются через queue.keep
call-head = вызов { $id } { $operation }: { $state }
call-what = что: { $what }
call-why = почему: { $why }
call-look = на сайте было: { $look }
call-answer = ответ: { $answer }
call-was = был: { $state }
call-unread = не удалось прочитать, что сейчас на { $site }: { $why }
call-no-request = запросы вызова { $id } не сохранены: ничего не отправлялось или прошёл срок queue.journal
call-not-so = вызов { $id }: { $state }. Повторить или отменить можно только вызов, который ждёт, в карантине или не удался, и только пока то же самое не открыто другим вызовом
check-ok = есть
check-bad = БЕДА
check-none = ни одна не настроена
check-account = Каррета знает его только для профиля и поиска: заказ может уйти на основной счёт
check-no-answer = ответа пока нет
check-not-asked = не спрашивали: { $why }
check-no-channel = не заданы ни notify.webhook.url, ни notify.mail.smtp
check-delivered = пробное сообщение доставлено
check-accepted = принята как есть, хотя { $why }
check-restored = база данных не та, что была известна: { $why }. До повторного чтения только читаем: { $sites }
check-failed = не прошло проверок: { $bad } из { $all }
explain-which = что объяснить? Артикул или --order с номером заказа
