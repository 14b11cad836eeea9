# Запуски заданий.
runs-job = Задание
runs-open = Выполняются
runs-none-open = Сейчас ничего не выполняется.
runs-none = Запусков ещё не было.
runs-progress = выполнено { $done } из { $calls ->
    [one] { $calls } вызова
   *[other] { $calls } вызовов
}
runs-rows = Строки: прочитано { $pulled }, отправлено { $pushed }, отклонено { $refused }
runs-for = уже { $span }
runs-plots = Как они проходили
runs-plot-time = Длительность: последний { $last }, самый долгий { $most }
runs-plot-rows = Строки: последний { $last }, больше всего { $most }
runs-past = Прошлые запуски
runs-older = Более ранние
runs-run = Запуск
runs-outcome = Итог
runs-began = Начат
runs-ended = Окончен
runs-took = Длился
runs-pulled = Прочитано
runs-pushed = Отправлено
runs-refused = Отклонено
runs-dead = Неудачи
runs-note = Примечание
runs-title = Запуск { $id }: { $job }
runs-waiting = { $calls ->
    [one] { $calls } вызов ждёт { $upstream }
    [few] { $calls } вызова ждут { $upstream }
   *[other] { $calls } вызовов ждут { $upstream }
}; следующая попытка через { $span }.
runs-asked = Запрошен
runs-only = Только
runs-calls = Вызовы
runs-no-calls = Ни один его вызов уже не хранится.
runs-operation = Операция
runs-troubles = Что не удалось или повторяется
runs-call = Вызов
runs-what = Что
runs-reason = Причина
runs-next-try = Следующая попытка
runs-all-of-job = Все запуски этого задания
trigger-schedule = по расписанию
trigger-signal = по сигналу
trigger-command = командой
trigger-page = на этой странице
