# Что происходило: лента событий; и приостановка внешней системы человеком.
nav-history = Что было
history-from-to = С { $since } до { $until }:
history-none = Об этом времени ничего не помнится.
history-cut = Раньше было ещё; показаны только последние записи ({ $entries }).
history-earlier = Что было раньше
history-time = Время
history-what = Что произошло
history-around = Около
history-since = С
history-until = До
history-hint = Например, 03:00, 2026-11-30 03:00 или 2h — два часа назад. «Около» значит полчаса до и полчаса после.
history-by-hand = Только сделанное людьми
history-bad = { $text } — это не время
history-backwards = Конец этого промежутка раньше его начала.
history-hour = Последний час
history-day = Последние сутки
history-week = Последняя неделя
history-sums = Как проходили запуски
history-sum = { $job }: { $runs ->
    [one] завершился { $runs } запуск
    [few] завершились { $runs } запуска
   *[other] завершилось { $runs } запусков
}, из них с неудачами — { $failed }; в среднем { $mean }, самый долгий — { $most }.
history-run = { $job }, запуск { $run } ({ $asked }): { $outcome }.
history-run-only = { $job } (только { $scope })
history-run-took = { $outcome } за { $span }
history-left-alone = { $site } больше не вызывается, вызовы ждут
history-answers-again = { $site } снова отвечает, вызовы продолжаются
history-held = { $rows ->
    [one] Предохранитель задержал { $rows } строку
    [few] Предохранитель задержал { $rows } строки
   *[other] Предохранитель задержал { $rows } строк
}, { $place }, удержание { $hold } ({ $state }): { $why }
history-dead = Вызов { $call } ({ $operation }) не удался окончательно
history-quarantined = Вызов { $call } ({ $operation }) мог состояться, решить должен человек
history-now = (сейчас: { $state })
history-refused = { $calls ->
    [one] Отклонена { $calls } строка
    [few] Отклонены { $calls } строки
   *[other] Отклонено { $calls } строк
} ({ $operation })
history-drift = { $rows ->
    [one] Кто-то другой изменил { $rows } строку, { $site }
    [few] Кто-то другой изменил { $rows } строки, { $site }
   *[other] Кто-то другой изменил { $rows } строк, { $site }
}: { $sample }
history-act = { $who }: { $act }
history-paused = { $who }: приостановлены все вызовы, { $site }, до { $until }
history-paused-pushes = { $who }: приостановлена отправка, { $site }, до { $until }; чтение продолжается
history-resumed = { $who }: работа продолжена, { $site }
history-pause-over = Приостановка закончилась, вызовы продолжаются: { $site }
history-daemon-began = Служба начала работу: { $host }, процесс { $pid }, версия { $version }
history-daemon-ended = Служба завершила работу по команде: { $host }, процесс { $pid }, версия { $version }
history-daemon-gone = Служба исчезла без предупреждения (убита или без связи): { $host }, процесс { $pid }, версия { $version }
history-restored = База данных восстановлена из копии или заменена; внешние системы только читаются
history-restore-over = После восстановления базы данных все внешние системы прочитаны заново
history-restore-accepted = { $who }: восстановленная база данных принята как есть
act-sync = запущено задание
act-queue-retry = вызов { $call } отправлен на повтор, был
act-queue-retry-all = вызовы отправлены на повтор
act-queue-cancel = вызов { $call } убран из очереди, был
act-queue-look = запрошено, что сейчас у внешней системы (вызов { $call })
act-hold-release = удержанные строки отпущены
act-hold-refuse = удержанные строки оставлены как есть
act-check-accept-restore = восстановленная база данных принята
act-apply = выполнен план
pause-state = приостановлено
pause-state-pushes = отправка приостановлена
pause-of = Приостановлено до { $until }: { $who }, с { $since }.
pause-of-pushes = Отправка приостановлена до { $until }: { $who }, с { $since }; чтение продолжается.
pause-begin = Приостановить на 1 ч
pause-begin-pushes = Не отправлять 1 ч
pause-end = Продолжить сейчас
pause-words = { $site }: приостановлено до { $until } ({ $who })
pause-words-pushes = { $site }: отправка приостановлена до { $until } ({ $who }), чтение продолжается
pause-begun = Начатое будет закончено, остальное подождёт и не потеряется. Продолжить раньше: sverka resume { $upstream }
pause-ended = { $site }: работа продолжается; приостановил { $who }
pause-none = { $site }: никто не приостанавливал; если система отдыхает, она будет вызвана сразу
pause-unknown = внешняя система «{ $name }» не настроена; настроены: { $known }
pause-cannot = Эту систему нельзя приостановить
pause-cannot-text = Такой системы нет, или она не настроена.
waits-title = Что ждёт вашего решения
waits-quarantined = Вызов { $id } ({ $what }) мог состояться
waits-held = Удержание { $id }, { $what }: { $rows ->
    [one] { $rows } строка
    [few] { $rows } строки
   *[other] { $rows } строк
}
waits-dead = Вызов { $id } ({ $what }) не удался окончательно
