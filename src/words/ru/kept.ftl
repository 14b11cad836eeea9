# Наши собственные слова, которые хранятся в базе данных по-английски.
kept-no-status = в Saplab нет статуса «{ $a }»
kept-status-refused = Saplab отклонил этот статус: { $a }
kept-drift = в Saplab кто-то поставил «{ $a }»
kept-drift-accepted = в Saplab кто-то поставил «{ $a }», и ERP это получит
kept-drift-unmapped = в Saplab кто-то поставил «{ $a }», а статуса ERP для этого в [saplab.status_map] нет
kept-total = её сумма { $a } не равна { $b } × { $c }
kept-row-refused = КЭАЗ отклонил эту строку: { $a }
kept-no-warehouse = этого склада у КЭАЗ ещё нет
kept-empty-erp = в erp.stock нет ни одной публикуемой строки: из-за этого ничего не обнуляется и не удаляется
kept-no-supplier = поставщик «{ $a }» не настроен
kept-unknown-supplier = поставщик «{ $a }» неизвестен: бывают carreta и saplab
kept-no-article = нужны бренд и артикул
kept-quantity = количество должно быть целым числом от 1 до 10000
kept-max-price = max_price должна быть больше 0, или NULL, если цена любая
kept-hold = предохранитель [guard], удержание { $a }: { $b }
kept-hold-refused = предохранитель [guard], удержание { $a }, отказано: { $b }
kept-zero-rows = из { $a } остатков, которые КЭАЗ показывает выше 0, { $b ->
    [one] обнулилась бы или исчезла { $b } строка
    [few] обнулились бы или исчезли { $b } строки
   *[other] обнулились бы или исчезли { $b } строк
}; guard.max_rows разрешает { $c }
kept-zero-all = из { $a } остатков, которые КЭАЗ показывает выше 0, { $b ->
    [one] обнулилась бы или исчезла { $b } строка
    [few] обнулились бы или исчезли { $b } строки
   *[other] обнулились бы или исчезли { $b } строк
}; guard.max_zero_share разрешает { $c }
kept-zero-one = из { $a } остатков склада { $b }, которые КЭАЗ показывает выше 0, { $c ->
    [one] обнулилась бы или исчезла { $c } строка
    [few] обнулились бы или исчезли { $c } строки
   *[other] обнулились бы или исчезли { $c } строк
}; guard.max_zero_share разрешает { $d }
kept-list = из { $a } строк прайс-листа «{ $b }» в ERP { $c }
kept-list-deleted = { $a ->
    [one] { $a } была бы удалена
   *[other] { $a } были бы удалены
}, guard.max_delete_share и max_rows разрешают { $b }
kept-list-emptied = у { $a } наличие стало бы 0, guard.max_zero_share и max_rows разрешают { $b }
kept-list-repriced = у { $a } цена изменилась бы больше чем на { $b } %, guard.max_reprice_share и max_rows разрешают { $c }
kept-note-held = { $a ->
    [one] удержана { $a } строка
    [few] удержаны { $a } строки
   *[other] удержано { $a } строк
} (sverka hold list: { $b })
kept-note-drift = кто-то другой изменил там { $a ->
    [one] { $a } строку
    [few] { $a } строки
   *[other] { $a } строк
} ({ $b })
