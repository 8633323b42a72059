//! fred with its Sentinel configuration.

use clients::{Client, Settings, run};
use fred::clients::Client as FredClient;
use fred::prelude::*;
use fred::rustls::pki_types::{CertificateDer, pem::PemObject};
use fred::rustls::{ClientConfig, RootCertStore};
use fred::types::config::{Server, TlsConfig, TlsConnector};

#[tokio::main]
async fn main() {
    run::<Fred>("fred", &Settings::from_env()).await;
}

struct Fred(FredClient);

impl Client for Fred {
    type Error = Error;

    async fn connect(settings: &Settings) -> Result<Self, Error> {
        let hosts = settings.sentinels.iter().map(|(host, port)| Server::new(host, *port)).collect();
        let tls = settings.ca.as_deref().map(trust);
        Ok(Self(connect(hosts, settings, tls).await?))
    }

    async fn write(&mut self, key: &str, value: u64) -> Result<(), Error> {
        set(&self.0, key, value).await
    }
}

// snippet
async fn connect(hosts: Vec<Server>, settings: &Settings, tls: Option<TlsConfig>) -> Result<FredClient, Error> {
    let config = Config {
        server: ServerConfig::Sentinel {
            hosts,
            service_name: settings.master.clone(),
            username: None,
            password: settings.sentinel_password.clone(),
        },
        password: settings.redis_password.clone(),
        tls, // to the Sentinels, too
        ..Config::default()
    };
    // Without a policy fred does not connect again at all.
    let client = Builder::from_config(config).set_policy(ReconnectPolicy::default()).build()?;
    client.init().await?;
    Ok(client)
}

async fn set(client: &FredClient, key: &str, value: u64) -> Result<(), Error> {
    client.set(key, value, None, None, false).await
}
// end

fn trust(ca: &[u8]) -> TlsConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(ca).flatten());
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(config).into()
}
