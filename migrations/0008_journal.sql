-- What was said on the wire at each attempt: without secrets, clipped, for as long as queue.journal says.

CREATE TABLE queue.exchange (
    call_id        bigint NOT NULL,
    attempt        int NOT NULL,
    number         int NOT NULL,
    began_at       timestamptz NOT NULL,
    took_ms        bigint NOT NULL,
    method         text NOT NULL,
    url            text NOT NULL,
    headers        text[] NOT NULL,
    body           text,
    body_bytes     bigint NOT NULL,
    body_cut       bool NOT NULL,
    status         int,
    answer_headers text[] NOT NULL,
    answer         text,
    answer_bytes   bigint,
    answer_cut     bool NOT NULL,
    fault          text,
    PRIMARY KEY (call_id, attempt, number),
    FOREIGN KEY (call_id, attempt) REFERENCES queue.attempt ON DELETE CASCADE
);
-- For the forgetting alone.
CREATE INDEX exchange_began ON queue.exchange (began_at);
COMMENT ON TABLE queue.exchange IS 'The requests of an attempt and their answers, written with its end. Secrets are replaced by the names of variables (${KEAZ_API_KEY}) or by ***.';
COMMENT ON COLUMN queue.exchange.number IS 'Within the attempt, from 1.';
COMMENT ON COLUMN queue.exchange.headers IS 'What the client set, as name: value.';
COMMENT ON COLUMN queue.exchange.body IS 'The first queue.journal_body bytes; NULL = there was none.';
COMMENT ON COLUMN queue.exchange.body_bytes IS 'As sent.';
COMMENT ON COLUMN queue.exchange.body_cut IS 'Whether body is not the whole of it; likewise answer_cut.';
COMMENT ON COLUMN queue.exchange.status IS 'NULL = no answer came.';
COMMENT ON COLUMN queue.exchange.answer IS 'The first queue.journal_body bytes, decompressed; NULL = none was read to its end, or it went into a file.';
COMMENT ON COLUMN queue.exchange.answer_bytes IS 'After decompression; NULL = not read to its end.';
COMMENT ON COLUMN queue.exchange.fault IS 'Why there is no whole answer.';
