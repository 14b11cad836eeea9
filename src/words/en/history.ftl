# What happened: the time line; and a person's pause of an upstream.
nav-history = What happened
history-from-to = From { $since } until { $until }:
history-none = Nothing is remembered of that time.
history-cut = There was more before that; only the last { $entries } entries are shown.
history-earlier = What was before
history-time = Time
history-what = What happened
history-around = Around
history-since = From
history-until = Until
history-hint = For example 03:00, 2026-11-30 03:00, or 2h for two hours ago. Around a time means half an hour before and after it.
history-by-hand = Only what people did
history-bad = { $text } is no time
history-backwards = The end of that time lies before its beginning.
history-hour = The last hour
history-day = The last day
history-week = The last week
history-sums = How the runs went
history-sum = { $job }: { $runs ->
    [one] 1 run has ended
   *[other] { $runs } runs have ended
}, { $failed } of them not well; it took { $mean } on average, { $most } at most.
history-run = { $job }, run { $run } ({ $asked }): { $outcome }.
history-run-only = { $job } (only { $scope })
history-run-took = { $outcome } in { $span }
history-left-alone = { $site } is left alone, its calls wait
history-answers-again = { $site } answers again, its calls go on
history-held = { $rows ->
    [one] The guard holds 1 row
   *[other] The guard holds { $rows } rows
} at { $place }, hold { $hold } ({ $state }): { $why }
history-dead = Call { $call } ({ $operation }) is dead
history-quarantined = Call { $call } ({ $operation }) may have happened, a person has to decide
history-now = (now { $state })
history-refused = { $calls ->
    [one] 1 row was refused
   *[other] { $calls } rows were refused
} ({ $operation })
history-drift = { $rows ->
    [one] Somebody else has changed 1 row at { $site }
   *[other] Somebody else has changed { $rows } rows at { $site }
}: { $sample }
history-act = { $who }: { $act }
history-paused = { $who } paused { $site } until { $until }
history-paused-pushes = { $who } paused the pushes to { $site } until { $until }, reads go on
history-resumed = { $who } let { $site } go on
history-pause-over = The pause of { $site } was over, its calls go on
history-daemon-began = A daemon began to work: { $host }, process { $pid }, version { $version }
history-daemon-ended = A daemon ended as it was told: { $host }, process { $pid }, version { $version }
history-daemon-gone = A daemon was gone without a word, killed or cut off: { $host }, process { $pid }, version { $version }
history-restored = The database was restored or replaced; upstreams are only read
history-restore-over = Every upstream has been read anew since the database was restored
history-restore-accepted = { $who } said that the restored database is good as it is
act-sync = started a job
act-queue-retry = had call { $call } made again, which was
act-queue-retry-all = had calls made again
act-queue-cancel = took call { $call } out of the queue, which was
act-queue-look = had it read what the upstream holds of call { $call }
act-hold-release = let held rows go
act-hold-refuse = kept held rows back
act-check-accept-restore = accepted the restored database
act-apply = carried out a plan
pause-state = paused
pause-state-pushes = pushes paused
pause-of = Paused by { $who } since { $since }, until { $until }.
pause-of-pushes = Pushes paused by { $who } since { $since }, until { $until }; reads go on.
pause-begin = Pause for 1 h
pause-begin-pushes = Pause pushes for 1 h
pause-end = Go on now
pause-words = { $site } is paused until { $until } by { $who }
pause-words-pushes = Pushes to { $site } are paused until { $until } by { $who }, reads go on
pause-begun = What is under way is finished; what is due waits and loses nothing. To go on before: sverka resume { $upstream }
pause-ended = { $site } goes on; it was paused by { $who }
pause-none = { $site } was not paused by anybody; if it rests, it is asked at once
pause-unknown = no upstream «{ $name }» is configured; configured are: { $known }
pause-cannot = This upstream cannot be paused
pause-cannot-text = There is no such upstream, or it is not configured.
waits-title = What waits for your decision
waits-quarantined = Call { $id } ({ $what }) may have happened
waits-held = Hold { $id } at { $what }: { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}
waits-dead = Call { $id } ({ $what }) is dead
