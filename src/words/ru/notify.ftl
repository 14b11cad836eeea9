# О чём сообщается людям через webhook и по почте. Команды — как они набираются.
notify-broken = Сверка: { $what }
notify-mended = Сверка, исправлено: { $what }
notify-many = Сверка: сломалось — { $broken }, исправлено — { $mended }
notify-why = Почему: { $why }
notify-next = Что будет дальше: { $next }
notify-do = Что можно сделать: { $advice }
notify-lasted = Это длилось { $span }.
notify-stale = { $job }: отставание, последний раз выполнено { $since }; обещано не реже чем раз в { $promise }
notify-stale-never = { $job }: отставание, ещё ни разу не выполнено; обещано не реже чем раз в { $promise }
notify-stale-next = Демон продолжает попытки по расписанию, следующая — в { $at }.
notify-stale-do = Посмотрите, как обстоят дела: sverka status
notify-stale-mended = { $job }: снова вовремя
notify-held = { $job }: { $rows ->
    [one] удержана { $rows } строка
    [few] удержаны { $rows } строки
   *[other] удержано { $rows } строк
 } ({ $place })
notify-held-next = Эти строки остаются как есть, пока кто-нибудь не решит; всё остальное идёт своим чередом.
notify-held-do = Посмотрите: sverka hold show { $id }. Затем sverka hold release { $id } или sverka hold refuse { $id }; либо исправьте ERP или прайс-лист.
notify-held-mended-released = { $job }: удержание { $id } отпущено ({ $who })
notify-held-mended-refused = { $job }: по удержанию { $id } отказано ({ $who }), строки остаются как есть
notify-held-mended-over = { $job }: удержание { $id } закончилось: исправлено или заменено более крупным
notify-quarantined = { $site }: вызов { $id } ({ $operation }) мог быть исполнен, это решит только человек
notify-quarantined-next = Он не отправляется повторно, и то же самое не делается рядом с ним, пока кто-нибудь не решит.
notify-quarantined-do = Посмотрите: sverka queue show { $id }. Если исполнен: sverka queue cancel { $id }. Если нет, а нужно: sverka queue retry { $id } --yes
notify-quarantined-mended = { $site }: по вызову { $id } ({ $operation }) решено, теперь он { $state }
notify-denied = { $site } не пускает нас
notify-denied-next = Вызовы к нему ждут и не теряются; один из них спрашивает каждые { $pause }, не пускают ли снова.
notify-denied-do = Проверьте ключ или пароль и список разрешённых адресов на той стороне, затем: systemctl reload sverka и sverka check
notify-denied-mended = { $site } снова пускает нас
notify-test = проверка связи
notify-test-text = Это проверка: sverka check --notify. Ничего не сломано, делать ничего не нужно.
