use crate::{addresses, secure};
use clients::{Client, Settings};
use redis::aio::MultiplexedConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{AsyncCommands, RedisError, RedisResult};

pub struct Master {
    client: SentinelClient,
    connection: Option<MultiplexedConnection>,
}

impl Client for Master {
    type Error = RedisError;

    async fn connect(settings: &Settings) -> RedisResult<Self> {
        let builder = SentinelClientBuilder::new(addresses(settings), &settings.master, SentinelServerType::Master)?;
        Ok(Self { client: secure(builder, settings).build()?, connection: None })
    }

    /// As with the blocking client, an error means to ask the Sentinels again.
    async fn write(&mut self, key: &str, value: u64) -> RedisResult<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.client.get_async_connection().await?,
        };
        connection.set::<_, _, ()>(key, value).await?;
        self.connection = Some(connection);
        Ok(())
    }
}
