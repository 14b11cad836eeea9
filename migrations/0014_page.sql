-- What the admin page needs: that it was the page that asked for a run, and short ways to what it shows at a glance.

ALTER TABLE queue.run
    DROP CONSTRAINT run_trigger_check,
    ADD CONSTRAINT run_trigger_check CHECK (trigger IN ('schedule', 'signal', 'command', 'page'));

-- When did the upstream last answer well? One that has not for a long time would be looked for among all calls.
CREATE INDEX call_done ON queue.call (upstream, ended_at) WHERE state = 'done';
CREATE INDEX run_open ON queue.run (id) WHERE state <> 'ended';
