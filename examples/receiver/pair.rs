//! A genuine request and a forged one, as `curl` commands.

use std::net::SocketAddr;

use countersign::sign::Delivery;

/// A genuine request, and one signed with a wrong key.
pub(crate) struct Pair {
    pub(crate) genuine: Delivery,
    pub(crate) forged: Delivery,
}

impl Pair {
    /// Returns two lines to paste into a shell.
    pub(crate) fn commands(&self, address: SocketAddr, path: &str) -> String {
        format!("{}\n{}", curl(address, path, &self.genuine), curl(address, path, &self.forged))
    }
}

/// Returns a command that sends a request byte for byte.
fn curl(address: SocketAddr, path: &str, delivery: &Delivery) -> String {
    let separator = if delivery.query().is_empty() { "" } else { "?" };
    let url = format!("http://{address}{path}{separator}{}", delivery.query());
    let mut command = format!("curl -i -X {} {}", delivery.method(), quoted(&url));
    for (name, value) in delivery.headers() {
        command = format!("{command} -H {}", quoted(&format!("{name}: {value}")));
    }
    if !delivery.body().is_empty() {
        command = format!("{command} --data-raw {}", quoted(&String::from_utf8_lossy(delivery.body())));
    }
    command
}

/// Quotes any text for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
