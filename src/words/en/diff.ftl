# What differs.
diff-about = What would be written now, with the old value and the new one. Nobody keeps a list of changes: this is the difference itself.
diff-warehouse = Warehouse
diff-brand = Brand
diff-article = Article
diff-all-jobs = All
diff-show = Show
diff-clear = Show everything
diff-holds = Held by the guard
diff-holds-about = More than one run may take away. Nothing of it goes until somebody decides.
diff-hold = Hold { $id }: { $job }, { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}
diff-hold-refused = refused
diff-rows = Rows that differ
diff-as-of = As of
diff-counting = The rows are being looked for. This page shows them when they are found.
diff-counting-anew = being looked for again
diff-failed = The rows could not be looked for:
diff-nothing = In sync: nothing differs.
diff-totals = Totals
diff-action = Action
diff-goes = Would be written
diff-is-held = Held
diff-first = The first { $rows } of { $of } rows. A filter finds the others.
diff-row = Row
diff-old = Old
diff-new = New
diff-why-held = Held because
action-add = add
action-insert = insert
action-update = update
action-delete = delete
action-place = buy
action-refuse = refuse
