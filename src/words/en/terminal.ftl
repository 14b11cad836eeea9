# What commands print in the terminal, and their errors. Beside it the words of the pages are used.
error-database = the database does not answer: { $why }. Nothing is lost meanwhile; a running daemon goes on by itself when it answers again. Check that PostgreSQL runs and that database.url leads to it
error-database-url = database.url is not a PostgreSQL address: { $why }
error-database-old = PostgreSQL { $version } is too old: Sverka needs 14 or later
error-schema-newer = the database's schema is newer (migration { $version }) than this binary knows: install the newer sverka
error-migrating = another process has been migrating the database for more than { $seconds } s; try again when it is done
error-stale = no success for longer than promised in [freshness]: { $jobs }
error-interrupted = interrupted; what is not done stays in the queue
error-call-gone = call { $id } is gone from the queue
sync-unknown-job = there is no job «{ $job }»; jobs are: { $known }
sync-handed-over = the daemon works on run { $runs } (sverka status)
sync-held = { $state }: { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}, { $why } (sverka hold show { $id })
sync-not-configured = job { $job } has nothing to do: its upstream is not configured
sync-no-part = --only names an article (stock) or a position (orders), not a part of job { $job }
sync-nothing = no upstream is configured that this could be done with: sverka config show
sync-waits = { $why }. Nothing is lost: the calls stay in the queue and are made by the daemon, or by the next sync
sync-rests = it rests
sync-incomplete = not everything was done; see: sverka queue list
sync-state = { $job } (run { $run }) { $state }
sync-counts = { $pulled } pulled, { $pushed } pushed, { $refused } refused
sync-bar = { $pulled } pulled, { $pushed } pushed
sync-calls = calls
term-refused = Refused
term-dead = Dead
term-kind = Kind
term-of = Of
term-by = By
term-examples = Rows, e.g.
term-brand = Brand
term-http = HTTP
term-request = Request
term-sent = Sent
term-took = Took
term-got = Got
term-finding = Found
term-bytes = { $n } B
term-milliseconds = { $n } ms
kind-zero = set to 0
kind-delete = taken away
kind-reprice = re-priced
hold-nothing = nothing is held
hold-released = hold { $id } is released: { $rows ->
    [one] 1 row
   *[other] { $rows } rows
} may go, with the next run of { $job } (sverka sync { $job })
hold-refused = hold { $id } is refused: its rows stay as they are until they are mended
hold-head = hold { $id } { $state }: { $job } { $place }
hold-why = why: { $why }
hold-decided = decided: { $who } at { $at }
hold-in-all = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
} in all (--limit)
hold-unknown = there is no hold { $id }; those that are over are forgotten after queue.keep
hold-released-already = hold { $id } was released already, by { $who }
hold-refused-already = hold { $id } was refused already, by { $who }
hold-over = hold { $id } is over: its rows were mended, or a larger hold has taken its place (sverka hold list)
call-compare = call { $id } may have happened; compare with what the upstream holds; if it has not, add --yes
call-due = call { $id } is due now; the daemon makes it, or the next sync
call-cancelled = call { $id } is cancelled; what still differs is pushed by the next run
call-unknown = there is no call { $id }; ended ones are forgotten after queue.keep
call-head = call { $id } { $operation } { $state }
call-what = what: { $what }
call-why = why: { $why }
call-look = the upstream held: { $look }
call-answer = answer: { $answer }
call-was = it was { $state }
call-unread = what { $site } holds now could not be read: { $why }
call-no-request = no request of call { $id } is kept: none was sent, or queue.journal has passed
call-not-so = call { $id } is { $state }: only a waiting, quarantined or dead call can be retried or cancelled, and only while the same intent is not open in another call
check-ok = ok
check-bad = BAD
check-none = none is configured
check-account = Carreta knows it for profile and search only: an order may go to the default account
check-no-answer = no answer yet
check-not-asked = not asked: { $why }
check-no-channel = neither notify.webhook.url nor notify.mail.smtp is set
check-delivered = a test message was delivered
check-accepted = accepted as it is, though { $why }
check-restored = the database is not the one that was known: { $why }. Only read until read anew: { $sites }
check-failed = { $bad } of { $all } checks failed
explain-which = which one? An article, or --order with its number
