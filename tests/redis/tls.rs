//! TLS with a test authority. It runs in another process, since an environment variable names the authority.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use countersign::replay::{Redis, RedisError};

use crate::server::{Server, free_address};
use crate::{Answer, claim};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server and openssl"]
async fn a_certificate_needs_a_known_authority_and_the_name() {
    if let (Ok(known), Ok(unknown)) = (std::env::var(KNOWN), std::env::var(UNKNOWN)) {
        return connect(&known, &unknown).await;
    }
    let known = Certificates::new("known");
    let unknown = Certificates::new("unknown");
    let (known_server, unknown_server) = (known.server().await, unknown.server().await);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["tls::a_certificate_needs_a_known_authority_and_the_name"])
        .args(["--exact", "--include-ignored"])
        .env("SSL_CERT_FILE", known.folder.join("ca.pem"))
        .env(KNOWN, known_server.1)
        .env(UNKNOWN, unknown_server.1)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Takes the ports of two servers: one with a known authority, one with an unknown one.
async fn connect(known: &str, unknown: &str) {
    let guard = |address: &str| Redis::connect(&format!("rediss://{address}")).unwrap();
    let good = guard(&format!("localhost:{known}"));
    good.check().await.unwrap();
    assert_eq!(claim(&good, "1").await, Ok(Answer::Leased));
    // A name that is not in the certificate, and an unknown authority.
    for address in [format!("127.0.0.1:{known}"), format!("localhost:{unknown}")] {
        let error = guard(&address).check().await.unwrap_err();
        assert!(matches!(error, RedisError::TlsFailed(_)), "{address}: {error}");
        let error = Redis::cluster(&[&format!("rediss://{address}")]).unwrap().check().await.unwrap_err();
        assert!(matches!(error, RedisError::TlsFailed(_)), "{address}: {error}");
    }
    // If only one side uses TLS, both wait.
    let plain = Server::start().await;
    let plain_port = plain.address.port();
    for url in [format!("redis://127.0.0.1:{known}"), format!("rediss://localhost:{plain_port}")] {
        let error = Redis::connect(&url).unwrap().check().await.unwrap_err();
        assert!(matches!(error, RedisError::ConnectionLost | RedisError::TimedOut), "{url}: {error}");
    }
    let cluster = Redis::cluster(&[&format!("rediss://localhost:{known}")]).unwrap();
    assert_eq!(cluster.check().await, Err(RedisError::ClusterMissing));
}

/// Makes an authority and its certificate for `localhost`.
struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("countersign-tls-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let certificates = Self { folder };
        certificates.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        );
        certificates.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
        );
        fs::write(certificates.folder.join("san"), "subjectAltName=DNS:localhost\n").unwrap();
        certificates.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem",
        );
        certificates
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(&self.folder)
            .output()
            .expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A server, and its port for TLS.
    async fn server(&self) -> (Server, String) {
        let port = free_address().port().to_string();
        let file = |name: &str| self.folder.join(name).display().to_string();
        let server = Server::with(&[
            &format!("tls-port {port}"),
            &format!("tls-cert-file {}", file("server.pem")),
            &format!("tls-key-file {}", file("server.key")),
            &format!("tls-ca-cert-file {}", file("ca.pem")),
            "tls-auth-clients no",
        ])
        .await;
        (server, port)
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

const KNOWN: &str = "COUNTERSIGN_TEST_TLS_KNOWN";
const UNKNOWN: &str = "COUNTERSIGN_TEST_TLS_UNKNOWN";
