//! The memory of what was handled, a table in the database of the work.

use countersign::ReplayKey;
use countersign::replay::SavedResponse;
use tokio_postgres::{Client, Error, Transaction};

/// Whether an event comes for the first time.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// Do the work in the same transaction, and commit.
    New,
    /// It was handled, with this response if one was kept.
    Handled(Option<SavedResponse>),
}

/// Writes down, in the transaction `work`, that an event is handled, unless it is already.
///
/// While another transaction handles the same event, this waits for it to end, for at most the session's `lock_timeout`.
pub async fn claim(work: &Transaction<'_>, sender: &str, key: &ReplayKey) -> Result<Event, Error> {
    let inserted = work
        .execute(
            "INSERT INTO webhook_handled (sender, key, forget_at) VALUES ($1, $2, now() + interval '72 hours') \
             ON CONFLICT DO NOTHING",
            &[&sender, &key.as_bytes().as_slice()],
        )
        .await?;
    if inserted == 1 {
        return Ok(Event::New);
    }
    let row = work
        .query_opt(
            "SELECT response FROM webhook_handled WHERE sender = $1 AND key = $2",
            &[&sender, &key.as_bytes().as_slice()],
        )
        .await?;
    let response = row.and_then(|row| row.get::<_, Option<Vec<u8>>>(0));
    Ok(Event::Handled(response.and_then(|bytes| SavedResponse::from_bytes(&bytes))))
}

/// Keeps the response to a new event, to be answered when the platform sends it again.
pub async fn keep(
    work: &Transaction<'_>,
    sender: &str,
    key: &ReplayKey,
    response: &SavedResponse,
) -> Result<(), Error> {
    let update = "UPDATE webhook_handled SET response = $3 WHERE sender = $1 AND key = $2";
    work.execute(update, &[&sender, &key.as_bytes().as_slice(), &response.to_bytes()]).await?;
    Ok(())
}

/// Forgets what has had its time, some at once, and says how many.
pub async fn sweep(client: &Client) -> Result<u64, Error> {
    let delete = "DELETE FROM webhook_handled WHERE ctid IN \
        (SELECT ctid FROM webhook_handled WHERE forget_at < now() LIMIT 10000)";
    client.execute(delete, &[]).await
}
