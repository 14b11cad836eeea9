# sverka plan and sverka apply.
plan-in-sync = in sync: nothing differs
plan-job = JOB
plan-action = ACTION
plan-row = ROW
plan-old = OLD
plan-new = NEW
plan-held = HELD
plan-first = the first { $rows } of { $of } rows; --limit shows more
plan-total = { $job }: { $rows } to { $action }
plan-total-held = { $job }: { $rows } to { $action }, { $held } held
plan-number = plan { $id } (to write exactly this: sverka apply { $id })
plan-all-held = plan { $id }: all its rows are held, there is nothing to apply
apply-unknown = there is no plan { $id }: it was never made, or is forgotten by now (a new one: sverka plan)
apply-unconfigured = plan { $id } has nothing to do here: no upstream of its jobs is configured (sverka config show)
apply-over = plan { $id } was applied already, at { $at } by { $by }; a plan is applied once (a new one: sverka plan)
apply-became = BECAME
apply-now-old = OLD NOW
apply-now-new = NEW NOW
apply-why = WHY
became-moved = moved
became-held = held
became-left = left
became-open = open
apply-done = plan { $id }: { $rows } of { $of } { $of ->
    [one] row
   *[other] rows
} written
apply-there = { $rows } stood so already
apply-moved = { $rows } { $rows ->
    [one] has
   *[other] have
} moved since and { $rows ->
    [one] was
   *[other] were
} left alone
apply-held = { $rows } { $rows ->
    [one] is
   *[other] are
} held now
apply-left = { $rows } could not be written (sverka queue list)
apply-open = { $rows } { $rows ->
    [one] is
   *[other] are
} not over (sverka status)
apply-was-held = { $rows } { $rows ->
    [one] was
   *[other] were
} held when the plan was shown, and { $rows ->
    [one] is
   *[other] are
} no part of it
apply-waits = { $why }. Nothing is lost: the calls stay in the queue and are made by the daemon, or by the next command that works; a row goes only while it is as the plan shows it
apply-not-all = not every row of the plan was written; what differs now: sverka plan
