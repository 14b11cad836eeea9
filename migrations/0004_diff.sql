-- The schema of differences. Its views stand in views/diff.sql, because they are laid anew whenever the company
-- replaces a table of schema erp by a view of its own.

CREATE SCHEMA diff;
COMMENT ON SCHEMA diff IS 'What differs between erp and mirror: views only. In sync = every view is empty.';
