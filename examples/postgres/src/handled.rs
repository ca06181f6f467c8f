//! The handled events, in a table of the database that the handler works in.

use countersign::ReplayKey;
use countersign::replay::SavedResponse;
use tokio_postgres::{Client, Error, Transaction};

/// Whether an event is new.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// Do the work in the same transaction, and commit.
    New,
    /// It was handled, with the saved response if there is one.
    Handled(Option<SavedResponse>),
}

/// Records in the transaction `work` that an event is handled, unless it already is.
///
/// If another transaction handles the same event, this waits for its end, at most for the session's `lock_timeout`.
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

/// Saves the response to a new event, to repeat it for a retry.
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

/// Deletes some expired events, and returns how many.
pub async fn sweep(client: &Client) -> Result<u64, Error> {
    let delete = "DELETE FROM webhook_handled WHERE ctid IN \
        (SELECT ctid FROM webhook_handled WHERE forget_at < now() LIMIT 10000)";
    client.execute(delete, &[]).await
}
