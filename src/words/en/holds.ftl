# What [guard] keeps back, and the decisions about it.
hold-state-held = waits for a decision
hold-state-released = released
hold-state-refused = refused
hold-state-over = over
holds-title = Held rows
holds-text = What one run would have taken away or re-priced beyond what [guard] allows. It stays as it is until a person decides, or the ERP or the price list is mended.
holds-none = Nothing is held.
holds-one = Hold { $id }
holds-unknown = There is no hold { $id }
holds-unknown-text = Those that are over are forgotten after queue.keep.
holds-id = Hold
holds-state = State
holds-where = Where
holds-rows = Rows
holds-since = Since
holds-seen = Last judged
holds-run = Run
holds-why = Why
holds-decide = Released rows go once, with the next run of «{ $job }». Values are read then: a row that has been mended is not touched.
holds-release = { $rows ->
    [one] Let this { $rows } row go
   *[other] Let these { $rows } rows go
 }
holds-release-sure = { $rows ->
    [one] Really let { $rows } row go?
   *[other] Really let { $rows } rows go?
 }
holds-refuse = Keep them as they are
holds-rows-of = { $rows } of { $of }
holds-place = Place
holds-article = Article
holds-old = Now
holds-new = Would be
holds-gone = gone
holds-more = More rows
