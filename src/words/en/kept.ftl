# Our own sentences that are kept in the database.
kept-no-status = Saplab has no status «{ $a }»
kept-status-refused = Saplab refused this status: { $a }
kept-drift = somebody set «{ $a }» in Saplab
kept-drift-accepted = somebody set «{ $a }» in Saplab, and the ERP gets it
kept-drift-unmapped = somebody set «{ $a }» in Saplab, to which [saplab.status_map] gives no ERP status
kept-total = its total of { $a } is not { $b } × { $c }
kept-row-refused = KEAZ refused this row: { $a }
kept-no-warehouse = KEAZ does not have the warehouse yet
kept-empty-erp = erp.stock has no row at all to publish: nothing is zeroed or deleted for that
kept-no-supplier = supplier «{ $a }» is not configured
kept-unknown-supplier = supplier «{ $a }» is not known: carreta or saplab is
kept-no-article = brand and article are needed
kept-quantity = the quantity must be a whole number from 1 to 10000
kept-max-price = max_price must be above 0, or NULL for any price
kept-hold = [guard], hold { $a }: { $b }
kept-hold-refused = [guard], hold { $a }, refused: { $b }
kept-zero-rows = of { $a } remains that KEAZ shows above 0, { $b } would become 0 or vanish; guard.max_rows allows { $c }
kept-zero-all = of { $a } remains that KEAZ shows above 0, { $b } would become 0 or vanish; guard.max_zero_share allows { $c }
kept-zero-one = of { $a } remains of warehouse { $b } that KEAZ shows above 0, { $c } would become 0 or vanish; guard.max_zero_share allows { $d }
kept-list = of { $a } rows of the list «{ $b }» in the ERP { $c }
kept-list-deleted = { $a } would be deleted, guard.max_delete_share and max_rows allow { $b }
kept-list-emptied = { $a } would have a stock of 0, guard.max_zero_share and max_rows allow { $b }
kept-list-repriced = the price of { $a } would move by more than { $b } %, guard.max_reprice_share and max_rows allow { $c }
kept-note-held = { $a ->
    [one] 1 row is held
   *[other] { $a } rows are held
} (sverka hold list: { $b })
kept-note-drift = somebody else has changed { $a ->
    [one] 1 row
   *[other] { $a } rows
} there ({ $b })
