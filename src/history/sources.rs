//! The SQL of the time line: a part for each kind of thing that happens, each with `at` and `what`, the newest first.
//!
//! `$1` from when on, `$2` until when, `$3` how many at most, `$4` of which job, `$5` the upstreams of that job; the last two
//! may be NULL. What `what` holds is read as [`super::What`].

/// So many rows of one kind are looked through before they are grouped.
const WINDOW: &str = "5000";

/// Runs that were under way in that time, at when their work began. Only what is shown is put together.
const RUNS: &str = "
    SELECT at, jsonb_build_object('kind', 'run', 'run', id, 'job', job, 'scope', scope, 'trigger', trigger, 'state', state,
                                  'outcome', outcome, 'requested_at', requested_at, 'started_at', started_at,
                                  'ended_at', ended_at, 'rows_pulled', rows_pulled, 'rows_pushed', rows_pushed,
                                  'rows_refused', rows_refused, 'dead_calls', dead_calls, 'note', note)
      FROM (SELECT coalesce(started_at, requested_at) AS at, run.*
              FROM queue.run
             WHERE (state = 'ended' AND ended_at >= $1 OR state <> 'ended') AND requested_at < $2
               AND ($4::text IS NULL OR job = $4)
             ORDER BY 1 DESC LIMIT $3) r";

/// Breakers, and daemons where no job is asked for.
const EVENTS: &str = "
    SELECT at, facts || jsonb_build_object('kind', kind)
      FROM queue.event
     WHERE at >= $1 AND at < $2 AND ($4::text IS NULL OR facts ->> 'upstream' = ANY ($5::text[]))
     ORDER BY 1 DESC LIMIT $3";

/// A daemon that is silent, and that nobody has buried yet.
const SILENT: &str = "
    SELECT seen_at, jsonb_build_object('kind', 'daemon_gone', 'host', host, 'pid', pid, 'version', version)
      FROM queue.daemon
     WHERE role = 'daemon' AND seen_at >= $1 AND seen_at < least($2, now() - interval '15 seconds') AND $4::text IS NULL
     ORDER BY 1 DESC LIMIT $3";

const HOLDS: &str = "
    SELECT created_at, jsonb_build_object('kind', 'held', 'hold', id, 'job', job, 'upstream', upstream, 'scope', scope,
                                          'rows', rows, 'why', why, 'state', state)
      FROM queue.hold
     WHERE created_at >= $1 AND created_at < $2 AND ($4::text IS NULL OR job = $4)
     ORDER BY 1 DESC LIMIT $3";

/// Attempts after which a call was dead or quarantined, whatever has become of it since; the last of those over which
/// their workers died, too.
const GIVEN_UP: &str = "
    SELECT a.ended_at,
           jsonb_build_object('kind', 'given_up', 'call', c.id, 'operation', c.operation, 'state', c.state,
                              'outcome', CASE a.outcome WHEN 'lease lost' THEN c.state ELSE a.outcome END,
                              'words', CASE a.outcome WHEN 'lease lost' THEN c.reason ELSE a.words END)
      FROM queue.attempt a JOIN queue.call c ON c.id = a.call_id LEFT JOIN queue.run r ON r.id = c.run_id
     WHERE a.outcome IN ('dead', 'quarantined', 'lease lost') AND a.ended_at >= $1 AND a.ended_at < $2
       AND (a.outcome <> 'lease lost' OR a.attempt = c.attempt AND c.state IN ('dead', 'quarantined'))
       AND ($4::text IS NULL OR r.job = $4 OR r.job IS NULL AND c.upstream = ANY ($5::text[]))
     ORDER BY 1 DESC LIMIT $3";

/// Rows that an upstream refused: calls that were never made, all of one minute and one reason together.
const REFUSED: &str = "
    SELECT min(ended_at), jsonb_build_object('kind', 'refused', 'call', min(id), 'operation', operation,
                                             'calls', count(*), 'words', reason)
      FROM (SELECT * FROM queue.call
             WHERE state = 'dead' AND attempt = 0 AND ended_at >= $1 AND ended_at < $2
               AND ($4::text IS NULL OR upstream = ANY ($5::text[]))
             ORDER BY ended_at DESC LIMIT WINDOW) c
     GROUP BY operation, reason, date_trunc('minute', ended_at)
     ORDER BY 1 DESC LIMIT $3";

const DRIFT: &str = "
    SELECT min(d.found_at),
           jsonb_build_object('kind', 'drift', 'upstream', d.upstream, 'of', d.kind, 'rows', count(*), 'run', d.run_id,
                              'sample', (array_agg(format('%s: ERP %s, acknowledged %s, found %s', d.key, coalesce(d.erp, '-'),
                                                          coalesce(d.acknowledged, '-'), coalesce(d.remote, '-'))
                                                   ORDER BY d.id))[1])
      FROM (SELECT * FROM mirror.drift WHERE found_at >= $1 AND found_at < $2
             ORDER BY found_at DESC LIMIT WINDOW) d
      LEFT JOIN queue.run r ON r.id = d.run_id
     WHERE $4::text IS NULL OR r.job = $4 OR r.job IS NULL AND d.upstream = ANY ($5::text[])
     GROUP BY d.upstream, d.kind, d.run_id
     ORDER BY 1 DESC LIMIT $3";

const RESTORES: &str = "
    SELECT found_at, jsonb_build_object('kind', 'restored', 'words', why)
      FROM queue.restore WHERE found_at >= $1 AND found_at < $2
     UNION ALL
    SELECT ended_at, jsonb_build_object('kind', 'restore_over', 'who', nullif(ended_by, 'reading'))
      FROM queue.restore WHERE ended_at >= $1 AND ended_at < $2
     ORDER BY 1 DESC LIMIT $3";

/// Pauses whose time was over by itself.
const PAUSES_OVER: &str = "
    SELECT until, jsonb_build_object('kind', 'resumed', 'upstream', upstream, 'who', NULL)
      FROM queue.pause
     WHERE until >= $1 AND until < least($2, now()) AND ended_by IS NULL
       AND ($4::text IS NULL OR upstream = ANY ($5::text[]))
     ORDER BY 1 DESC LIMIT $3";

/// What people did. Pauses have tables of their own, and belong to the jobs of their upstreams.
const ACTS: &str = "
    SELECT a.at, jsonb_build_object('kind', 'act', 'who', a.who, 'command', a.command, 'call', a.call_id, 'words', a.words)
      FROM queue.audit a LEFT JOIN queue.call c ON c.id = a.call_id LEFT JOIN queue.run r ON r.id = c.run_id
     WHERE a.at >= $1 AND a.at < $2 AND a.command NOT IN ('pause', 'resume')
       AND ($4::text IS NULL OR r.job = $4 OR r.job IS NULL AND c.upstream = ANY ($5::text[]))
     ORDER BY 1 DESC LIMIT $3";

/// Of a pause that took the place of another, the beginning alone is told.
const PAUSES: &str = "
    SELECT since AS at, jsonb_build_object('kind', 'paused', 'upstream', upstream, 'only_pushes', only_pushes, 'who', who,
                                           'reason', reason, 'until', until)
      FROM queue.pause
     WHERE since >= $1 AND since < $2 AND ($4::text IS NULL OR upstream = ANY ($5::text[]))
     UNION ALL
    SELECT ended_at, jsonb_build_object('kind', 'resumed', 'upstream', upstream, 'who', ended_by)
      FROM queue.pause p
     WHERE ended_by IS NOT NULL AND ended_at >= $1 AND ended_at < $2
       AND ($4::text IS NULL OR upstream = ANY ($5::text[]))
       AND NOT EXISTS (SELECT FROM queue.pause n
                        WHERE n.upstream = p.upstream AND n.id > p.id AND n.since <= p.ended_at)
     ORDER BY 1 DESC LIMIT $3";

/// The whole statement, newest first; or of what people did alone.
pub(super) fn all(by_hand: bool) -> String {
    let others: &[&str] = if by_hand {
        &[]
    } else {
        &[
            RUNS,
            EVENTS,
            SILENT,
            HOLDS,
            GIVEN_UP,
            REFUSED,
            DRIFT,
            RESTORES,
            PAUSES_OVER,
        ]
    };
    let parts: Vec<String> = [ACTS, PAUSES]
        .iter()
        .chain(others)
        .map(|part| format!("(SELECT p.* FROM ({part}) AS p (at, what))"))
        .collect();
    let union = parts.join(" UNION ALL ").replace("WINDOW", WINDOW);
    format!("SELECT at, what FROM ({union}) AS line ORDER BY at DESC, what DESC LIMIT $3")
}
