-- What the last good version of a price list consisted of: the same bytes again need not be read again, whatever the site
-- says of their date.
ALTER TABLE mirror.snapshot ADD COLUMN digest text;
COMMENT ON COLUMN mirror.snapshot.digest IS 'SHA-256 of a price list as it came, with the configured columns and the version of the program that read it.';
