//! Files with one JSON object per line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The source of the lines.
#[derive(Debug)]
pub(crate) enum Input {
    Stdin,
    File(OsString),
    /// The program's own file.
    Bundled {
        name: &'static str,
        text: &'static str,
    },
}

impl Input {
    /// Returns the given files. `-` is standard input.
    pub(crate) fn files(files: Vec<OsString>) -> Vec<Self> {
        files.into_iter().map(|file| if file == "-" { Self::Stdin } else { Self::File(file) }).collect()
    }

    /// Returns the given files, or else the bundled one.
    pub(crate) fn files_or(files: Vec<OsString>, name: &'static str, text: &'static str) -> Vec<Self> {
        if files.is_empty() { vec![Self::Bundled { name, text }] } else { Self::files(files) }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(file) => file.to_string_lossy().into_owned(),
            Self::Bundled { name, .. } => (*name).to_owned(),
        }
    }

    /// Passes on each line that is not blank, with its number.
    pub(crate) fn each_line(&self, mut take: impl FnMut(u64, &[u8])) -> io::Result<()> {
        let (lines, mut progress): (Box<dyn BufRead>, _) = match self {
            Self::Stdin => (Box::new(io::stdin().lock()), Progress::new(None)),
            Self::File(file) => {
                let file = File::open(file)?;
                let bytes = file.metadata()?.len();
                (Box::new(BufReader::new(file)), Progress::new(Some(bytes)))
            }
            Self::Bundled { text, .. } => (Box::new(text.as_bytes()), Progress::new(None)),
        };
        for (number, line) in (1..).zip(lines.split(b'\n')) {
            let line = line?;
            if number == 1 {
                reject_utf16(&line)?;
            }
            let text = without_mark(&line);
            if !text.trim_ascii().is_empty() {
                take(number, text);
            }
            progress.passed(line.len());
        }
        Ok(())
    }
}

/// Rejects a file that begins as UTF-16 does.
pub(crate) fn reject_utf16(start: &[u8]) -> io::Result<()> {
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is UTF-16: save it as UTF-8"));
    }
    Ok(())
}

/// Removes the byte order mark that some editors and shells write.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// A progress bar on standard error after a second, unless the terminal shows the lines themselves.
struct Progress {
    bar: ProgressBar,
    start: Instant,
    is_late: bool,
}

impl Progress {
    fn new(bytes: Option<u64>) -> Self {
        let (bar, template) = match bytes {
            Some(bytes) => (ProgressBar::new(bytes), "{wide_bar} {bytes}/{total_bytes}, {eta} left"),
            None => (ProgressBar::no_length(), "{bytes} read, {elapsed}"),
        };
        bar.set_draw_target(ProgressDrawTarget::hidden());
        // The templates above are valid, so the default is never used.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self { bar, start: Instant::now(), is_late: false }
    }

    fn passed(&mut self, bytes: usize) {
        // Counts the line feed too.
        self.bar.inc(u64::try_from(bytes).unwrap_or_default().saturating_add(1));
        if !self.is_late && self.start.elapsed() > Duration::from_secs(1) {
            self.is_late = true;
            if !io::stdout().is_terminal() {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
