//! The hub as a process of its own, in a clean environment.

use std::{collections::BTreeMap, fs::File, path::PathBuf, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdout, Command},
};

/// Longer than anything here takes; a test that waits so long has failed.
pub const LONG: Duration = Duration::from_mins(1);

/// How a hub process is started.
#[derive(Clone, Debug)]
pub struct HubCommand {
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
}

/// A hub process; killed when it is dropped.
#[derive(Debug)]
pub struct HubProcess {
    child: Child,
    stdout: BufReader<ChildStdout>,
    heard: String,
    log: PathBuf,
}

/// What a process left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit status; -1 when a signal ended it.
    pub status: i32,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl HubCommand {
    /// A command in a folder, with this environment and nothing else but `PATH` and `HOME`.
    pub(crate) fn new(arguments: &[&str], environment: BTreeMap<String, String>, folder: PathBuf) -> Self {
        Self { arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), environment, folder }
    }

    /// Where the program is.
    pub fn program() -> PathBuf {
        program()
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Takes variables out of the environment whose names begin like this.
    #[must_use]
    pub fn without(mut self, prefix: &str) -> Self {
        self.environment.retain(|name, _| !name.starts_with(prefix));
        self
    }

    /// Runs it to its end.
    pub async fn run(self) -> Finished {
        self.start().finish().await
    }

    /// Starts it.
    pub fn start(self) -> HubProcess {
        let log = self.folder.join(format!("stderr-{}", uuid::Uuid::new_v4().simple()));
        let stderr = File::create(&log).unwrap_or_else(|error| panic!("no file for standard error: {error}"));
        let mut command = Command::new(program());
        let inherited = ["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        command.args(&self.arguments).env_clear().envs(inherited).envs(&self.environment).current_dir(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("the hub can't be run: {error}"));
        let stdout = child.stdout.take().unwrap_or_else(|| panic!("standard output is piped"));
        HubProcess { child, stdout: BufReader::new(stdout), heard: String::new(), log }
    }
}

impl HubProcess {
    /// Reads standard output up to the first line that holds a text, and returns that line.
    pub async fn line_with(&mut self, text: &str) -> String {
        let reading = async {
            loop {
                let mut line = String::new();
                let read = self.stdout.read_line(&mut line).await;
                self.heard.push_str(&line);
                match read {
                    Ok(0) | Err(_) => return None,
                    Ok(_) if line.contains(text) => return Some(line.trim_end().to_owned()),
                    Ok(_) => {}
                }
            }
        };
        let found = tokio::time::timeout(LONG, reading).await.unwrap_or_default();
        found.unwrap_or_else(|| panic!("no line with {text:?} in:\n{}\n{}", self.heard, self.stderr()))
    }

    /// The address that a serving hub tells, ending in `/graphql`.
    pub async fn url(&mut self) -> String {
        let line = self.line_with("answers on http").await;
        line.split_whitespace().last().unwrap_or_default().to_owned()
    }

    /// What it has said so far on standard error.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_else(|error| panic!("standard error can't be read: {error}"))
    }

    /// How much memory it holds now, in KiB; `None` where the system does not tell by `/proc`.
    pub fn resident_kib(&self) -> Option<u64> {
        let id = self.child.id().unwrap_or_else(|| panic!("the hub has ended already:\n{}", self.stderr()));
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }

    /// Ends it at once, as SIGKILL does, and returns when it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap_or_else(|error| panic!("the hub can't be killed: {error}"));
    }

    /// Asks it to stop, as an operator or a service manager does.
    pub async fn terminate(&self) {
        let id = self.child.id().unwrap_or_else(|| panic!("the hub has ended already:\n{}", self.stderr()));
        // By the shell, whose `kill` is there on every Unix.
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {id}")]).status().await;
        assert!(told.is_ok_and(|status| status.success()), "the hub could not be told to stop");
    }

    /// Waits for its end.
    pub async fn finish(mut self) -> Finished {
        let mut heard = std::mem::take(&mut self.heard);
        let ending = async {
            let read = self.stdout.read_to_string(&mut heard).await;
            read.and(self.child.wait().await)
        };
        let ended = tokio::time::timeout(LONG, ending).await.unwrap_or_else(|late| Err(late.into()));
        match ended {
            Ok(status) => Finished { status: status.code().unwrap_or(-1), stdout: heard, stderr: self.stderr() },
            Err(error) => panic!("the hub did not end: {error}\n{heard}\n{}", self.stderr()),
        }
    }
}

impl Finished {
    /// Standard output, which is one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON: {error}\n{self:?}"))
    }

    /// The same, if it ended with this status; else a panic that shows what it said.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "mostly the status is all that is asked")]
    pub fn ended_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "standard output:\n{}\nstandard error:\n{}", self.stdout, self.stderr);
        self
    }

    /// Both streams.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// The program, which cargo puts two folders above the test's own executable (see tests/Cargo.toml).
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_else(|error| panic!("no path of this executable: {error}"));
    let folder = own.parent().and_then(|deps| deps.parent()).unwrap_or_else(|| panic!("{} is alone", own.display()));
    let program = folder.join(format!("inventory-hub-under-test{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is not built: run tests by cargo", program.display());
    program
}
