//! A mail server on loopback: it speaks as much SMTP as is needed to be handed a letter.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use server::sinks::{EmailSettings, SinkSettings, SmtpTls};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::receiver::allowed;

/// A letter that was taken.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// The commands before the letter.
    pub commands: Vec<String>,
    /// The letter with its headers, as it came.
    pub text: String,
}

#[derive(Debug, Default)]
struct Seen {
    letters: Mutex<Vec<Letter>>,
    /// How it answers `MAIL FROM`.
    answer: Mutex<Option<String>>,
    /// Whom it takes no letters for, and how it says so.
    refused: Mutex<Vec<(String, String)>>,
}

/// A mail server; without other orders it takes every letter.
#[derive(Debug)]
pub struct Mailbox {
    seen: Arc<Seen>,
    port: u16,
    serving: JoinHandle<()>,
}

impl Mailbox {
    /// Listens on a free port.
    #[expect(clippy::disallowed_methods, reason = "the mail server ends with the test")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no free port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let seen = Arc::<Seen>::default();
        let kept = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that hangs up in the middle has said what it had to say.
                let _ = converse(stream, &kept).await;
            }
        });
        Self { seen, port, serving }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers every letter's sender so from now on: `451 later`.
    pub fn answer_sender(&self, answer: &str) {
        *self.seen.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.to_owned());
    }

    /// Takes no letter for this address from now on, and says so: `550 nobody`.
    pub fn refuse(&self, address: &str, answer: &str) {
        let mut refused = self.seen.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.push((format!("<{address}>"), answer.to_owned()));
    }

    /// The letters that it took, in their order.
    pub fn letters(&self) -> Vec<Letter> {
        self.seen.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Alerts go to it, unencrypted, with this password.
    pub fn as_email(&self, password: Option<&str>) -> SinkSettings {
        let mailbox = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text} is no mailbox"));
        let email = EmailSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: SmtpTls::Off,
            credentials: password.map(|password| ("hub".to_owned(), password.into())),
            from: mailbox("Inventory Hub <hub@example.com>"),
            to: vec![mailbox("night@example.com"), mailbox("day@example.com")],
        };
        SinkSettings { email: Some(email), limits: allowed(), ..SinkSettings::default() }
    }
}

impl Seen {
    fn answer_to(&self, receiver: &str) -> String {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = refused.iter().find(|(address, _)| receiver.contains(address.as_str()));
        refusal.map_or_else(|| "250 fine".to_owned(), |(_, answer)| answer.clone())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(stream: TcpStream, seen: &Seen) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut letter = Letter::default();
    writing.write_all(b"220 mail.example.com\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let refusal = seen.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = match word.as_str() {
            "EHLO" => "250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN".to_owned(),
            "AUTH" => "235 welcome".to_owned(),
            "MAIL" => refusal.unwrap_or_else(|| "250 go on".to_owned()),
            "RCPT" => seen.answer_to(&line),
            "DATA" => "354 go on".to_owned(),
            "QUIT" => "221 goodbye".to_owned(),
            _ => "250 fine".to_owned(),
        };
        letter.commands.push(line);
        writing.write_all(format!("{answer}\r\n").as_bytes()).await?;
        match word.as_str() {
            "QUIT" => break,
            "DATA" => {
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    letter.text.push_str(&line);
                    letter.text.push('\n');
                }
                seen.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
                letter = Letter::default();
                writing.write_all(b"250 taken\r\n").await?;
            }
            _ => {}
        }
    }
    Ok(())
}
