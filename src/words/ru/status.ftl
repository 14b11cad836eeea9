# sverka status и sverka top: как обстоят дела, на одном экране.
status-good = Всё работает.
status-doubtful = Работает, но стоит посмотреть:
status-broken = Есть неисправность:
status-restore = с { $since } база данных не та, что была известна: { $why }. До повторного чтения только читаем: { $sites } (sverka check --accept-restore)
status-stale = { $job }: нет успеха уже { $age }, обещано не дольше { $promised } (sverka sync { $job })
status-no-daemon = служба не работает, по расписанию ничего не запускается (systemctl status sverka)
status-open = { $site } не вызывается с { $since }, { $next }: { $why }
status-probe-at = пробный вызов в { $until }
status-probing = следующий вызов будет пробным
status-rests = { $site } отдыхает до { $until }: { $why }
status-failed = { $job }: запуск { $run } не удался в { $at }{ $note }
status-held = { $holds ->
    [one] { $holds } удержание ждёт решения (sverka hold list)
    [few] { $holds } удержания ждут решения (sverka hold list)
   *[other] { $holds } удержаний ждут решения (sverka hold list)
}
status-horizon = { $who } держит горизонт базы данных { $span } (транзакций: { $transactions }): мёртвые строки пока нельзя убрать
status-per-minute = Вызовов/мин
status-run = Запуск
status-pulled = Принято
status-pushed = Отдано
status-next = Дальше
status-refused = строк отклонено: { $rows }, вызовов не удалось: { $calls }
status-empty = пусто
status-depth = { $state } { $calls } (старейший { $age })
status-differs = Расходится
status-counting = считается
status-nothing = ничего, всё согласовано
status-total = { $action } { $rows }, задержано { $held }
status-hold = удержание { $id }, { $place }, { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[other] { $rows } строк
} с { $since }: { $why } (sverka hold show { $id })
status-waits = Ждёт вас
status-drift = изменено на { $site } кем-то другим: найдено { $found } ({ $kind }), ещё не исправлено { $open }, последнее { $at }; { $samples }
status-daemons = Работает служб
status-daemon = { $host }, процесс { $pid }, с { $since }
top-hint = каждые { $every }; выход — q
top-no-terminal = top рисует на терминале, а его здесь нет (или TERM=dumb); то же один раз печатает sverka status, снова и снова — watch sverka status
top-connecting = Спрашиваем базу данных…
top-away = База данных не отвечает, спросим ещё раз: { $why }
top-old = Так было { $span } назад; базу данных спросим ещё раз: { $why }
top-silent = с тех пор она не ответила
top-more = … ещё { $lines ->
    [one] { $lines } строка
    [few] { $lines } строки
   *[other] { $lines } строк
}: сделайте окно выше или наберите sverka status
top-ended = Окончено за минуту
top-running = Выполняется
top-next = Следующие
top-none = нет
top-when = Когда
top-age = Возраст
top-at-once = сейчас
top-in = через { $span }
top-try = { $number } попытка
