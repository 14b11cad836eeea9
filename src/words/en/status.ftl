# sverka status and sverka top: how everything stands, on one screen.
status-good = Everything works.
status-doubtful = It works, but somebody should look:
status-broken = Something is broken:
status-restore = since { $since } the database is not the one that was known: { $why }. Only read until read anew: { $sites } (sverka check --accept-restore)
status-stale = { $job }: no success for { $age }, promised within { $promised } (sverka sync { $job })
status-no-daemon = no daemon is alive: nothing runs by the schedule (systemctl status sverka)
status-open = { $site } is left alone since { $since }, { $next }: { $why }
status-probe-at = one call probes it at { $until }
status-probing = one call probes it next
status-rests = { $site } rests until { $until }: { $why }
status-failed = { $job }: run { $run } failed at { $at }{ $note }
status-held = { $holds ->
    [one] 1 hold waits for a decision (sverka hold list)
   *[other] { $holds } holds wait for a decision (sverka hold list)
}
status-horizon = { $who } holds the horizon of the database for { $span } ({ $transactions } transactions): dead rows cannot be removed meanwhile
status-per-minute = Calls/min
status-run = Last run
status-pulled = Pulled
status-pushed = Pushed
status-next = Next
status-refused = { $rows } rows refused, { $calls } calls dead
status-empty = empty
status-depth = { $calls } { $state } (the oldest { $age })
status-differs = Differs
status-counting = being counted
status-nothing = nothing, all is in sync
status-total = { $rows } to { $action }, { $held } held
status-hold = hold { $id }, { $place }, { $rows ->
    [one] 1 row
   *[other] { $rows } rows
} since { $since }: { $why } (sverka hold show { $id })
status-waits = Waits for you
status-drift = changed at { $site } by somebody else: { $found } { $kind } found, { $open } not yet mended, the last { $at }; { $samples }
status-daemons = Daemons alive
status-daemon = { $host } pid { $pid } since { $since }
top-hint = every { $every }; q ends it
top-no-terminal = top draws on a terminal, and here is none (or TERM=dumb); sverka status prints the same once, watch sverka status again and again
top-connecting = The database is being asked…
top-away = The database does not answer, and is asked again: { $why }
top-old = As it was { $span } ago; the database is asked again: { $why }
top-silent = it has not answered since
top-more = … { $lines ->
    [one] 1 more line
   *[other] { $lines } more lines
}: a higher window, or sverka status
top-ended = Ended in the last minute
top-running = Under way
top-next = Next
top-none = none
top-when = When
top-age = Age
top-at-once = at once
top-in = in { $span }
top-try = { $number } try
