use crate::{addresses, secure};
use clients::{Client, Settings};
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{Commands, Connection, ConnectionAddr, RedisError, RedisResult};

// snippet
pub struct Master {
    client: SentinelClient,
    connection: Option<Connection>,
}

impl Master {
    /// A Sentinel is ConnectionAddr::Tcp(host, 26379).
    fn new(sentinels: Vec<ConnectionAddr>, master: &str, settings: &Settings) -> RedisResult<Self> {
        let builder = SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?;
        let client = secure(builder, settings).build()?; // passwords and TLS, if any
        Ok(Self { client, connection: None })
    }

    /// A connection stays with one server: after an error ask the Sentinels again.
    fn set(&mut self, key: &str, value: u64) -> RedisResult<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.get_connection()?,
        };
        connection.set::<_, _, ()>(key, value)?;
        self.connection = Some(connection);
        Ok(())
    }
}
// end

impl Client for Master {
    type Error = RedisError;

    async fn connect(settings: &Settings) -> RedisResult<Self> {
        Self::new(addresses(settings), &settings.master, settings)
    }

    async fn write(&mut self, key: &str, value: u64) -> RedisResult<()> {
        self.set(key, value)
    }
}

/// Writes to the master and reads from a replica, with a client for each.
pub struct WithReplica {
    master: Master,
    replicas: SentinelClient,
    connection: Option<Connection>,
}

impl WithReplica {
    fn get(&mut self, key: &str) -> RedisResult<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.replicas.get_connection()?,
        };
        connection.get::<_, Option<u64>>(key)?;
        self.connection = Some(connection);
        Ok(())
    }
}

impl Client for WithReplica {
    type Error = RedisError;

    async fn connect(settings: &Settings) -> RedisResult<Self> {
        let builder = SentinelClientBuilder::new(addresses(settings), &settings.master, SentinelServerType::Replica)?;
        let replicas = secure(builder, settings).build()?;
        Ok(Self { master: Master::new(addresses(settings), &settings.master, settings)?, replicas, connection: None })
    }

    async fn write(&mut self, key: &str, value: u64) -> RedisResult<()> {
        self.master.set(key, value)
    }

    async fn read(&mut self, key: &str) -> Option<RedisResult<()>> {
        Some(self.get(key))
    }
}
