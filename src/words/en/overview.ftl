# The overview, and what several pages say.
ago = { $span } ago
never = never
span-seconds = { $n } s
span-minutes = { $n } min{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } s
}
span-hours = { $n } h{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } min
}
span-days = { $n } d{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest } h
}
about-seconds = { $n } s
about-minutes = { $n } min
about-hours = { $n } h
about-days = { $n } d
job-warehouses = Warehouses
job-stock = Stock
job-prices = Prices
job-orders = Orders
job-purchases = Purchases
job-reference = Reference lists
job-restore = Reading after a restore
outcome-queued = waits for its turn
outcome-running = under way
outcome-done = done
outcome-partial = partly done
outcome-failed = failed
outcome-superseded = taken over by the next
overview-quiet = Nothing waits for you.
overview-restore = The database was restored or replaced. These upstreams are only read until they have been read anew: { $sites }.
overview-stale = No success for longer than promised: { $jobs }
overview-quarantined = { $calls ->
    [one] 1 call may have happened, and a person has to decide about it
   *[other] { $calls } calls may have happened, and a person has to decide about them
}
overview-held = Held by the guard: { $waiting } to decide about, { $refused } refused
overview-dead = { $calls ->
    [one] 1 call is dead
   *[other] { $calls } calls are dead
}
overview-settings-differ = Daemons on this database have different settings: { $keys }
overview-upstreams = Upstreams
overview-no-upstream = No upstream is configured.
upstream-keaz = KEAZ
upstream-carreta = Carreta
upstream-saplab-client = Saplab (client API)
upstream-good = works
upstream-failing = fails now and then
upstream-rests = rests
upstream-open = left alone
upstream-open-since = Left alone since { $since }: its calls wait and lose nothing.
upstream-probe-at = One call probes it at { $until }.
upstream-probing = One call probes it next.
upstream-rests-until = Rests until { $until }.
upstream-failures = { $failures ->
    [one] The last request failed.
   *[other] The last { $failures } requests failed.
}
upstream-reason = Because:
upstream-last-success = Last success
upstream-lag = Behind by
upstream-no-lag = nothing waits
upstream-rate = Calls
upstream-last-minute = { $calls } in the last minute
upstream-no-limit = no limit
upstream-limit = limit { $rate } a second
overview-jobs = Jobs
overview-last-run = Last run
overview-next-run = Next run
overview-act = Action
overview-never = only when asked for
sync-now = Sync now
sync-cannot = This job cannot be started
sync-cannot-text = There is no such job, or its upstream is not configured.
overview-freshness = Freshness
overview-of-promise = { $age } of { $promised }
overview-differs = What differs right now
overview-queue = Queue
overview-queue-empty = The queue is empty.
overview-upstream = Upstream
overview-state = State
overview-calls = Calls
overview-oldest = The oldest since
overview-drift = Changed by somebody else
overview-drift-found = { $found } found ({ $kind }), { $open } not yet mended, the last
overview-daemons = Daemons at work
overview-daemon = { $host }, process { $pid }, version { $version }, since
