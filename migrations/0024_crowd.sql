-- Short ways for pages among a million calls.

-- A run's calls by how they stand, counted within the index. It takes the place of one over the run alone: as many
-- entries are written as before.
DROP INDEX queue.call_of_run;
CREATE INDEX call_of_run ON queue.call (run_id, state, operation);

-- How many calls of each upstream are dead, and since when; rows that were refused, which belong to no run. Neither holds a
-- call that waits, is under way or is done.
CREATE INDEX call_dead_since ON queue.call (upstream, created_at) WHERE state = 'dead';
CREATE INDEX call_dead_alone ON queue.call (ended_at) WHERE state = 'dead' AND run_id IS NULL;

-- The newest that others have changed at an upstream, what is not mended before all.
CREATE INDEX drift_newest ON mirror.drift (upstream, kind, (mended_at IS NULL) DESC, found_at DESC, id);
