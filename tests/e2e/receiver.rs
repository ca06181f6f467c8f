//! The receiver's process.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::delivery::{SECRETS, VOXAGENT_HEADER};

/// Ends when it is dropped, whatever has gone wrong.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    child: Child,
    /// What it has printed since it listens.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Starts it on a free port. A delivery that takes longer than four seconds is refused.
    pub(crate) fn start() -> Self {
        let mut command = Command::new(program());
        command.args(["--listen", "127.0.0.1:0", "--timeout", "4"]).stdout(Stdio::piped());
        for name in
            ["VOGENT_SECRET", "VOXAGENT_SECRET", "VONAGE_SIGNATURE_SECRET", "VONAGE_CONTACT_CENTER_SECRET"]
        {
            command.env(name, SECRETS[0]).env(format!("{name}_OLD"), SECRETS[1]);
        }
        command.env("VOXAGENT_HEADER", VOXAGENT_HEADER).env("VONAGE_SMS_METHOD", "sha512");
        let mut child = command.spawn().unwrap();

        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("listening on http://").unwrap().parse().unwrap();
        let printed = Arc::default();
        let collected = Arc::clone(&printed);
        thread::spawn(move || collect(output, &collected));
        Self { address, child, printed }
    }

    /// What it has said of deliveries, once there are `count` lines, or no more come.
    pub(crate) async fn verdicts(&self, count: usize) -> Vec<String> {
        for _ in 0..100 {
            if self.printed_verdicts().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // One too many would come now.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.printed_verdicts()
    }

    fn printed_verdicts(&self) -> Vec<String> {
        let printed = self.printed.lock().unwrap();
        printed.iter().filter(|line| !line.starts_with(' ')).cloned().collect()
    }

    /// How much memory it has.
    pub(crate) fn resident_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn collect(output: BufReader<ChildStdout>, printed: &Mutex<Vec<String>>) {
    for line in output.lines().map_while(Result::ok) {
        printed.lock().unwrap().push(line);
    }
}

/// Cargo builds the example beside this test's folder.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/receiver");
    assert!(program.exists(), "{} is missing: see the first lines of main.rs", program.display());
    program
}
