# sverka plan и sverka apply.
plan-in-sync = всё согласовано: расхождений нет
plan-job = ЗАДАНИЕ
plan-action = ДЕЙСТВИЕ
plan-row = СТРОКА
plan-old = БЫЛО
plan-new = СТАНЕТ
plan-held = ЗАДЕРЖАНО
plan-first = первые { $rows } из { $of } строк; больше покажет --limit
plan-total = { $job }: { $action } — { $rows }
plan-total-held = { $job }: { $action } — { $rows }, задержано — { $held }
plan-number = план { $id } (записать именно это: sverka apply { $id })
plan-all-held = план { $id }: все его строки задержаны, применять нечего
apply-unknown = плана { $id } нет: его не составляли или он уже забыт (новый: sverka plan)
apply-unconfigured = плану { $id } здесь нечего делать: ни один сайт его заданий не настроен (sverka config show)
apply-over = план { $id } уже применён: { $at }, { $by }; план применяется один раз (новый: sverka plan)
apply-became = ИТОГ
apply-now-old = БЫЛО, СЕЙЧАС
apply-now-new = СТАНЕТ, СЕЙЧАС
apply-why = ПРИЧИНА
became-moved = изменилась
became-held = задержана
became-left = не записана
became-open = не окончена
apply-done = план { $id }: записано { $rows } из { $of } { $of ->
    [one] строки
   *[other] строк
}
apply-there = { $rows ->
    [one] { $rows } строка уже была такой
    [few] { $rows } строки уже были такими
   *[other] { $rows } строк уже были такими
}
apply-moved = { $rows ->
    [one] { $rows } строка с тех пор изменилась, её не трогали
    [few] { $rows } строки с тех пор изменились, их не трогали
   *[other] { $rows } строк с тех пор изменились, их не трогали
}
apply-held = { $rows ->
    [one] { $rows } строка теперь задержана
    [few] { $rows } строки теперь задержаны
   *[other] { $rows } строк теперь задержаны
}
apply-left = { $rows ->
    [one] { $rows } строку записать не удалось
    [few] { $rows } строки записать не удалось
   *[other] { $rows } строк записать не удалось
} (sverka queue list)
apply-open = { $rows ->
    [one] { $rows } строка ещё не окончена
    [few] { $rows } строки ещё не окончены
   *[other] { $rows } строк ещё не окончены
} (sverka status)
apply-was-held = { $rows ->
    [one] { $rows } строка была задержана, когда план показали: она в него не входит
    [few] { $rows } строки были задержаны, когда план показали: они в него не входят
   *[other] { $rows } строк были задержаны, когда план показали: они в него не входят
}
apply-waits = { $why }. Ничего не потеряно: вызовы остаются в очереди, их сделает служба или следующая команда; строка уйдёт, только пока она такая, как в плане
apply-not-all = записаны не все строки плана; что расходится теперь: sverka plan
