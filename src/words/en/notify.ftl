# What people are told of by webhook and by mail. Commands stay as they are typed.
notify-broken = Sverka: { $what }
notify-mended = Sverka, mended: { $what }
notify-many = Sverka: broken { $broken }, mended { $mended }
notify-why = Why: { $why }
notify-next = What happens next: { $next }
notify-do = What you can do: { $advice }
notify-lasted = It lasted { $span }.
notify-stale = { $job }: late, last done { $since }; every { $promise } is promised
notify-stale-never = { $job }: late, never done yet; every { $promise } is promised
notify-stale-next = The daemon goes on trying by the schedule, next at { $at }.
notify-stale-do = See how everything stands: sverka status
notify-stale-mended = { $job }: up to date again
notify-held = { $job }: { $rows ->
    [one] { $rows } row is held
   *[other] { $rows } rows are held
 } ({ $place })
notify-held-next = These rows stay as they are until somebody decides; everything else goes on.
notify-held-do = Look: sverka hold show { $id }. Then sverka hold release { $id }, or sverka hold refuse { $id }; or mend the ERP or the price list.
notify-held-mended-released = { $job }: hold { $id } was released by { $who }
notify-held-mended-refused = { $job }: hold { $id } was refused by { $who }, its rows stay as they are
notify-held-mended-over = { $job }: hold { $id } is over, mended or replaced by a larger one
notify-quarantined = { $site }: call { $id } ({ $operation }) may have happened, only a person can tell
notify-quarantined-next = It is not sent again, and the same is not done beside it, until somebody decides.
notify-quarantined-do = Look: sverka queue show { $id }. If it has happened: sverka queue cancel { $id }. If it has not, and should: sverka queue retry { $id } --yes
notify-quarantined-mended = { $site }: call { $id } ({ $operation }) was decided, it is { $state } now
notify-denied = { $site } does not let us in
notify-denied-next = Its calls wait and lose nothing; every { $pause } one of them asks whether it lets us in again.
notify-denied-do = Check the key or password and the list of allowed addresses there, then: systemctl reload sverka, and sverka check
notify-denied-mended = { $site } lets us in again
notify-test = a test message
notify-test-text = This is a test: sverka check --notify. Nothing is broken, nothing has to be done.
