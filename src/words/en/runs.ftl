# Runs of jobs.
runs-job = Job
runs-open = Under way
runs-none-open = No run is under way.
runs-none = There has been no run yet.
runs-progress = { $done } of { $calls ->
    [one] 1 call
   *[other] { $calls } calls
} done
runs-rows = Rows: { $pulled } read, { $pushed } pushed, { $refused } refused
runs-for = for { $span }
runs-plots = How they went
runs-plot-time = Duration: the last { $last }, the longest { $most }
runs-plot-rows = Rows: the last { $last }, the most { $most }
runs-past = Past runs
runs-older = Older runs
runs-run = Run
runs-outcome = Outcome
runs-began = Began
runs-ended = Ended
runs-took = Took
runs-pulled = Read
runs-pushed = Pushed
runs-refused = Refused
runs-dead = Dead calls
runs-note = Note
runs-title = Run { $id }: { $job }
runs-waiting = { $calls ->
    [one] 1 call waits for { $upstream }
   *[other] { $calls } calls wait for { $upstream }
}; the next try is in { $span }.
runs-asked = Asked for
runs-only = Only
runs-calls = Calls
runs-no-calls = No call of it is remembered.
runs-operation = Operation
runs-troubles = What went wrong, or is tried again
runs-call = Call
runs-what = What
runs-reason = Reason
runs-next-try = Next try
runs-all-of-job = All runs of this job
trigger-schedule = by the schedule
trigger-signal = by a signal
trigger-command = by a command
trigger-page = on this page
