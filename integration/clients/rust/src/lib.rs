//! What the programs of this folder share: the settings from the environment and the
//! loop that writes, one value after the other, and tells what became of each.

mod settings;

pub use settings::{Settings, mode};

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A library's client as the loop sees it.
#[allow(async_fn_in_trait)] // no program needs to send these futures to another thread
pub trait Client: Sized {
    type Error: Display;

    async fn connect(settings: &Settings) -> Result<Self, Self::Error>;

    async fn write(&mut self, key: &str, value: u64) -> Result<(), Self::Error>;

    /// Reads through the library's way to replicas; None if there is none.
    async fn read(&mut self, _key: &str) -> Option<Result<(), Self::Error>> {
        None
    }
}

/// Writes for ever.
pub async fn run<C: Client>(library: &str, settings: &Settings) {
    say(&format!("version {}", locked_version(library)));
    let mut client = connect_until_done::<C>(settings).await;
    let mut acknowledged = None;
    for n in 1.. {
        while settings.hold.as_deref().is_some_and(Path::exists) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        match client.write(&settings.key(n), n).await {
            Ok(()) => {
                say(&format!("ok {n} {}", micros()));
                acknowledged = Some(n);
            }
            Err(error) => say(&format!("error {n} {} {}", micros(), in_a_line(&error))),
        }
        if let Some(last) = acknowledged {
            read(&mut client, &settings.key(last)).await;
        }
        tokio::time::sleep(settings.pause).await;
    }
}

async fn connect_until_done<C: Client>(settings: &Settings) -> C {
    loop {
        match C::connect(settings).await {
            Ok(client) => return client,
            Err(error) => say(&format!("error 0 {} {}", micros(), in_a_line(&error))),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn read<C: Client>(client: &mut C, key: &str) {
    match client.read(key).await {
        None => {}
        Some(Ok(())) => say(&format!("read {}", micros())),
        Some(Err(error)) => say(&format!("read-error {} {}", micros(), in_a_line(&error))),
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: the harness is gone, and so is the reason to go on.
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn micros() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros())
}

fn in_a_line<E: Display>(error: &E) -> String {
    let class = std::any::type_name::<E>().rsplit("::").next().unwrap_or_default();
    let text = format!("{class}: {error}");
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

/// Neither library tells its version at run time; what was built is what Cargo locked.
fn locked_version(library: &str) -> &'static str {
    let name = format!("name = \"{library}\"\nversion = \"");
    let lock = include_str!("../Cargo.lock");
    lock.split_once(&name).and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version)
}
