//! The receiver's process.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::delivery::variables;

/// Ends when dropped, even after a failure.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    child: Child,
    /// Its output since it listens.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// Starts it on a free port, with all schemes. Its timeout is four seconds.
    pub(crate) fn start() -> Self {
        Self::with(&["--timeout", "4"], &variables())
    }

    pub(crate) fn with(options: &[&str], variables: &[(String, String)]) -> Self {
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0"]).args(options).envs(variables.iter().cloned());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();

        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("listening on http://").unwrap().parse().unwrap();
        let printed = Arc::default();
        let collected = Arc::clone(&printed);
        thread::spawn(move || collect(output, &collected));
        Self { address, child, printed }
    }

    /// Its lines about requests, once there are `count`, or no more come.
    pub(crate) async fn verdicts(&self, count: usize) -> Vec<String> {
        for _ in 0..100 {
            if self.printed_verdicts().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Waits for a possible extra line.
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.printed_verdicts()
    }

    fn printed_verdicts(&self) -> Vec<String> {
        let printed = self.printed.lock().unwrap();
        printed.iter().filter(|line| !line.starts_with(' ')).cloned().collect()
    }

    /// Its memory use.
    pub(crate) fn resident_kib(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Sends it a signal, such as `-INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Waits for its end and returns its status.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Its whole output, once a line contains this text.
    pub(crate) async fn printed(&self, text: &str) -> Vec<String> {
        self.printed_until(|lines| lines.iter().any(|line| line.contains(text))).await
    }

    /// Its whole output, once `is_enough`.
    pub(crate) async fn printed_until(&self, is_enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        for _ in 0..300 {
            let printed = self.printed.lock().unwrap().clone();
            if is_enough(&printed) {
                return printed;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("not printed: {:?}", self.printed.lock().unwrap());
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn collect(output: BufReader<ChildStdout>, printed: &Mutex<Vec<String>>) {
    for line in output.lines().map_while(Result::ok) {
        printed.lock().unwrap().push(line);
    }
}

/// The program, without any of its variables. Cargo builds the example next to this test's folder.
pub(crate) fn program() -> Command {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/receiver");
    assert!(program.exists(), "{} is missing: see the first lines of main.rs", program.display());
    let mut command = Command::new(program);
    for (name, _) in variables() {
        command.env_remove(name);
    }
    command.env_remove("EXPLAIN");
    command
}
