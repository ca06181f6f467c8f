-- What was handled. A row is written in the transaction that does the work.
CREATE TABLE IF NOT EXISTS webhook_handled (
    -- The platform, and the account or subscription where there are several.
    sender    text        NOT NULL,
    -- countersign::ReplayKey, 32 bytes.
    key       bytea       NOT NULL CHECK (octet_length(key) = 32),
    -- By the database's clock.
    forget_at timestamptz NOT NULL,
    -- countersign::replay::SavedResponse, for webhooks whose answer matters.
    response  bytea,
    PRIMARY KEY (sender, key)
);
CREATE INDEX IF NOT EXISTS webhook_handled_forget_at ON webhook_handled (forget_at);

-- The service's own table.
CREATE TABLE IF NOT EXISTS messages (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The JSON as it came. As text, since jsonb rejects the escape of U+0000.
    message     text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
