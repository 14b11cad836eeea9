//! A private PostgreSQL cluster under `data_dir`, for a host where `database.url` is not set.
//!
//! It makes the cluster once, starts it or adopts the one that runs, shares it between our processes and stops it with
//! the last of them. It opens no TCP port, and knows nothing of schemas: migrations and the pool are its callers'.
//!
//! `pgtemp` (fsync off, a directory deleted at the end, panics) and `postgresql_embedded` (downloads the server, TCP
//! port, `-F`, judges "running" by a file's existence, no locks, no dropping of root) were weighed and not taken.
//!
//! ```text
//! data_dir/pgdata/         the cluster, 0700        data_dir/start.lock  held while deciding to start or stop
//! data_dir/run/            the socket, 0700         data_dir/users.lock  shared by every process that uses the cluster
//! data_dir/postgresql.log  the server's own words
//! ```

mod binaries;
mod directory;
mod error;
mod initdb;
mod locks;
mod log;
mod owner;
mod pid_file;
mod server;
#[cfg(test)]
mod tests;

use std::path::Path;

use sqlx::postgres::PgConnectOptions;

pub use error::ClusterError;

use directory::Directory;
use locks::Users;
use owner::Owner;
use server::Server;

/// One process's use of the private cluster: while it lives, the server is not stopped by anyone of ours.
///
/// Dropped without [`Cluster::stop`] (an early return, a panic) it asks the server to stop if nobody else uses it, and
/// does not wait. A killed process leaves the server running; the next start adopts it.
#[derive(Debug)]
pub struct Cluster {
    directory: Directory,
    server: Server,
    users: Users,
}

impl Cluster {
    /// Makes the cluster if there is none, starts its server unless it runs, and creates the database `sverka`.
    ///
    /// As root, the server runs as the owner of an existing cluster, else as `postgres`, else as `nobody`.
    ///
    /// # Errors
    /// [`ClusterError`]: no suitable server programs, a directory that the server's user cannot use, a cluster of
    /// another version, or the server's own refusal with the end of its log.
    pub async fn start(data_dir: &Path) -> Result<Self, ClusterError> {
        let directory = Directory::prepare(data_dir)?;
        let owner = Owner::of(&directory)?;
        let _deciding = locks::deciding(&directory, &owner).await?;
        let users = Users::join(&directory, &owner).await?;
        let server = Server::new(&directory, owner)?;
        let cluster = Self {
            directory,
            server,
            users,
        };
        cluster.converge().await?;
        Ok(cluster)
    }

    /// How to reach the database `sverka`, as its superuser `sverka`.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.server.connect_options(server::DATABASE)
    }

    /// Starts the server again if it died under us; does nothing when it answers.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn revive(&self) -> Result<(), ClusterError> {
        let _deciding = locks::deciding(&self.directory, self.server.owner()).await?;
        self.converge().await
    }

    /// Ends this process's use; the last user stops the server (fast shutdown: clients are cut, nothing is lost).
    ///
    /// # Errors
    /// [`ClusterError::StillRunning`] when the server does not end in time.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        let _deciding = locks::deciding(&self.directory, self.server.owner()).await?;
        if self.users.leave()? {
            self.server.stop().await?;
        }
        Ok(())
    }

    async fn converge(&self) -> Result<(), ClusterError> {
        self.server.ensure_running().await?;
        self.server.ensure_database().await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Our shared lock is gone and nobody can join before the signal is sent: a process that joins later
        // connects after it, and so sees the server stopping and starts it again.
        if self.users.leave().unwrap_or(false) {
            self.server.ask_to_stop();
        }
    }
}
