use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// What the harness tells by environment.
pub struct Settings {
    pub sentinels: Vec<(String, u16)>,
    pub master: String,
    pub sentinel_password: Option<String>,
    pub redis_password: Option<String>,
    /// The authority's certificate in PEM; set means TLS.
    pub ca: Option<Vec<u8>>,
    pub hold: Option<PathBuf>,
    pub pause: Duration,
    name: String,
}

impl Settings {
    pub fn from_env() -> Self {
        Self {
            sentinels: variable("SENTINELS").expect("SENTINELS is not set").split(',').map(address).collect(),
            master: variable("MASTER").expect("MASTER is not set"),
            sentinel_password: variable("SENTINEL_PASSWORD"),
            redis_password: variable("REDIS_PASSWORD"),
            ca: variable("CA_FILE").map(|file| std::fs::read(file).expect("CA_FILE cannot be read")),
            hold: variable("HOLD").map(PathBuf::from),
            pause: Duration::from_millis(variable("PAUSE").map_or(25, |ms| ms.parse().expect("PAUSE is not a number"))),
            name: variable("NAME").expect("NAME is not set"),
        }
    }

    pub fn key(&self, n: u64) -> String {
        format!("{}:{n}", self.name)
    }
}

/// Argument 1.
pub fn mode() -> String {
    env::args().nth(1).unwrap_or_default()
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn address(text: &str) -> (String, u16) {
    let (host, port) = text.rsplit_once(':').expect("SENTINELS is not host:port,...");
    (host.to_owned(), port.parse().expect("SENTINELS is not host:port,..."))
}
