//! A TCP port for a server process that a test starts, kills and starts again. Not for production.

use std::{fs::File, net::TcpListener};

/// A port of this machine that no other test takes while this lives, not even while nothing listens
/// on it.
///
/// It lies below the range that the system hands to outgoing connections: a port out of that range
/// can be taken by any client's socket in the moment between a kill and the next start.
pub struct Port {
    number: u16,
    /// Locked for as long as it is open.
    _lock: File,
}

/// Below Linux's default `ip_local_port_range`, above what servers commonly use.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

impl Port {
    /// # Panics
    /// When every port is taken, or the temporary folder cannot be written to.
    pub fn reserve() -> Self {
        let folder = std::env::temp_dir().join("countersign-test-ports");
        std::fs::create_dir_all(&folder).expect("the temporary folder takes files");
        // Processes start looking at different places, so that they seldom meet.
        let span = PORTS.end - PORTS.start;
        let first = u16::try_from(std::process::id() * 131 % u32::from(span)).unwrap_or(0);
        for step in 0..span {
            let number = PORTS.start + (first + step) % span;
            let lock =
                File::create(folder.join(number.to_string())).expect("the temporary folder takes files");
            if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", number)).is_ok() {
                return Self { number, _lock: lock };
            }
        }
        panic!("all ports from {} to {} are taken", PORTS.start, PORTS.end);
    }

    pub fn number(&self) -> u16 {
        self.number
    }
}
