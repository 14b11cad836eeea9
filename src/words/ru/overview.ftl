# Обзор и то, что говорят несколько страниц.
ago = { $span } назад
never = никогда
span-seconds = { $n } с
span-minutes = { $n } мин{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } с
}
span-hours = { $n } ч{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } мин
}
span-days = { $n } д{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } ч
}
about-seconds = { $n } с
about-minutes = { $n } мин
about-hours = { $n } ч
about-days = { $n } д
job-warehouses = Склады
job-stock = Остатки
job-prices = Цены
job-orders = Заказы
job-purchases = Закупки
job-reference = Справочники
job-restore = Чтение после восстановления
outcome-queued = ждёт очереди
outcome-running = выполняется
outcome-done = выполнено
outcome-partial = выполнено частично
outcome-failed = не удалось
outcome-superseded = передано следующему
overview-quiet = Вашего решения ничто не ждёт.
overview-restore = База данных восстановлена из копии или заменена. Эти системы только читаются, пока не будут прочитаны заново: { $sites }.
overview-stale = Нет успеха дольше обещанного: { $jobs }
overview-quarantined = { $calls ->
    [one] { $calls } вызов мог состояться, и решить должен человек
    [few] { $calls } вызова могли состояться, и решить должен человек
   *[other] { $calls } вызовов могли состояться, и решить должен человек
}
overview-held = Задержано предохранителем: ждут решения — { $waiting }, отклонено — { $refused }
overview-dead = { $calls ->
    [one] { $calls } вызов не удался окончательно
    [few] { $calls } вызова не удались окончательно
   *[other] { $calls } вызовов не удались окончательно
}
overview-settings-differ = У служб на этой базе данных разные настройки: { $keys }
overview-upstreams = Внешние системы
overview-no-upstream = Ни одна внешняя система не настроена.
upstream-keaz = КЭАЗ
upstream-carreta = Каррета
upstream-saplab-client = Saplab (клиентский API)
upstream-good = работает
upstream-failing = бывают сбои
upstream-rests = отдыхает
upstream-open = не вызывается
upstream-open-since = Не вызывается с { $since }: вызовы ждут и не теряются.
upstream-probe-at = Пробный вызов в { $until }.
upstream-probing = Следующий вызов будет пробным.
upstream-rests-until = Не вызывается до { $until }.
upstream-failures = { $failures ->
    [one] Не удался { $failures } запрос подряд.
    [few] Не удались { $failures } запроса подряд.
   *[other] Не удались { $failures } запросов подряд.
}
upstream-reason = Причина:
upstream-last-success = Последний успех
upstream-lag = Отставание
upstream-no-lag = ничто не ждёт
upstream-rate = Вызовы
upstream-last-minute = { $calls } за минуту
upstream-no-limit = без ограничения
upstream-limit = предел { $rate } в секунду
overview-jobs = Задания
overview-last-run = Последний запуск
overview-next-run = Следующий запуск
overview-act = Действие
overview-never = только по просьбе
sync-now = Запустить
sync-cannot = Это задание нельзя запустить
sync-cannot-text = Такого задания нет, или его внешняя система не настроена.
overview-freshness = Свежесть
overview-of-promise = { $age } из { $promised }
overview-differs = Что расходится сейчас
overview-queue = Очередь
overview-queue-empty = Очередь пуста.
overview-upstream = Система
overview-state = Состояние
overview-calls = Вызовы
overview-oldest = Старейший с
overview-drift = Изменено кем-то другим
overview-drift-found = найдено { $found } ({ $kind }), ещё не исправлено { $open }, последнее
overview-daemons = Работающие службы
overview-daemon = { $host }, процесс { $pid }, версия { $version }, с
