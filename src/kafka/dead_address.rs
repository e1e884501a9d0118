//! Addresses where nobody listens.

use super::ids::NodeId;

/// Where nobody listens: a port of a host that the simulation knows. It stands for a node, so that a client dials it and
/// is refused as by a node that is down; its number is no node's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeadAddress {
    host: DeadHost,
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DeadHost {
    /// An address in numbers; all machines have this one.
    Numbers,
    Localhost,
    Broker(u16),
}

/// The lowest number of a dead address.
const DEAD: i32 = i32::MIN;
/// What the hosts of brokers begin with.
const BROKER: &str = "broker-";

impl DeadAddress {
    /// None for a host that is none of the simulation's.
    pub fn new(host: &str, port: u16) -> Option<DeadAddress> {
        let broker = || host.strip_prefix(BROKER).and_then(|id| id.parse().ok()).filter(|id| *id < 16_000);
        let host = match host {
            "localhost" => DeadHost::Localhost,
            _ if is_numbers(host) => DeadHost::Numbers,
            _ => DeadHost::Broker(broker()?),
        };
        Some(DeadAddress { host, port })
    }

    /// The node that it stands for.
    pub fn node(self) -> NodeId {
        let host = match self.host {
            DeadHost::Numbers => 0,
            DeadHost::Localhost => 1,
            DeadHost::Broker(id) => 2 + i32::from(id),
        };
        NodeId(DEAD + host * 65_536 + i32::from(self.port))
    }

    /// The address that a node's number stands for.
    pub fn of_node(node: NodeId) -> Option<DeadAddress> {
        let code = node.0.checked_sub(DEAD).filter(|code| *code < 16_002 * 65_536)?;
        let (host, port) = (code / 65_536, (code % 65_536) as u16);
        let host = match host {
            0 => DeadHost::Numbers,
            1 => DeadHost::Localhost,
            broker => DeadHost::Broker((broker - 2) as u16),
        };
        Some(DeadAddress { host, port })
    }

    pub fn port(self) -> u16 {
        self.port
    }

    /// The host as it was named.
    pub fn host(self) -> String {
        match self.host {
            DeadHost::Numbers => "127.0.0.1".to_string(),
            DeadHost::Localhost => "localhost".to_string(),
            DeadHost::Broker(id) => format!("{BROKER}{id}"),
        }
    }
}

/// An address that is no name.
fn is_numbers(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || host.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_where_nobody_listens_is_a_node_that_is_not_there() {
        for (host, port) in [("127.0.0.1", 1), ("localhost", 65_535), ("broker-0", 0)] {
            let address = DeadAddress::new(host, port).expect("a host of the simulation");
            let read = DeadAddress::of_node(address.node()).expect("its number says so");
            assert_eq!((read.host().as_str(), read.port(), read), (host, port, address));
        }
        assert!(DeadAddress::new("nosuch.invalid", 9092).is_none());
        assert!(DeadAddress::of_node(NodeId(101)).is_none() && DeadAddress::of_node(NodeId(-1)).is_none());
    }
}
