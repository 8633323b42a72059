//! redis-rs with its SentinelClient: modes sync, async, and replica (sync, reads from a replica).

mod asynchronous;
mod blocking;

use clients::{Settings, mode, run};
use redis::sentinel::SentinelClientBuilder;
use redis::{ConnectionAddr, TlsCertificates, TlsMode};

#[tokio::main]
async fn main() {
    let settings = Settings::from_env();
    match mode().as_str() {
        "sync" => run::<blocking::Master>("redis", &settings).await,
        "async" => run::<asynchronous::Master>("redis", &settings).await,
        "replica" => run::<blocking::WithReplica>("redis", &settings).await,
        other => panic!("modes are sync, async and replica, not {other:?}"),
    }
}

fn addresses(settings: &Settings) -> Vec<ConnectionAddr> {
    settings.sentinels.iter().cloned().map(|(host, port)| address(host, port, settings.ca.is_some())).collect()
}

fn address(host: String, port: u16, tls: bool) -> ConnectionAddr {
    if tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    }
}

/// Adds the passwords and the authority that the environment names.
fn secure(mut builder: SentinelClientBuilder, settings: &Settings) -> SentinelClientBuilder {
    if let Some(password) = &settings.sentinel_password {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if let Some(password) = &settings.redis_password {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(ca) = &settings.ca {
        let authority = TlsCertificates { client_tls: None, root_cert: Some(ca.clone()) };
        builder = builder
            .set_client_to_sentinel_certificates(authority.clone())
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(authority);
    }
    builder
}
