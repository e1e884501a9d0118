//! Keys and values that a load draws: the profiles of `sim load --profile`.

use std::sync::Arc;

use crate::rng::Rng;

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum KeyProfile {
    /// 80 % of the records carry one key.
    Celebrity,
    /// The celebrity's records are spread by a second part of the key.
    CelebrityComposite,
    /// The celebrity's records are spread by a random suffix.
    CelebritySalted,
    /// Half of the records have keys of VIPs.
    Mixed,
    /// Order ids run on, with three events each.
    Orders,
    Users,
}

impl KeyProfile {
    pub const ALL: [(&'static str, KeyProfile); 6] = [
        ("celebrity", KeyProfile::Celebrity),
        ("celebrity-composite", KeyProfile::CelebrityComposite),
        ("celebrity-salted", KeyProfile::CelebritySalted),
        ("mixed", KeyProfile::Mixed),
        ("orders", KeyProfile::Orders),
        ("users", KeyProfile::Users),
    ];

    pub fn from_name(name: &str) -> Option<KeyProfile> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, profile)| *profile)
    }
}

/// Distinct ordinary users, and salts of a salted key.
const USERS: u32 = 100;
const SALTS: u32 = 10;
/// Distinct VIPs, and as many others, of mixed keys.
const MIXED_KEYS: u32 = 40;
const ORDER_EVENTS: [&str; 3] = ["created", "paid", "shipped"];

/// Where a profile that counts has got to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProfileState {
    drawn: u64,
}

type Drawn = (Option<Arc<str>>, Option<Arc<str>>);

impl ProfileState {
    /// The next key, and a value if the profile has its own.
    pub fn next(&mut self, profile: KeyProfile, rng: &mut Rng) -> Drawn {
        let turn = self.drawn;
        self.drawn += 1;
        let user = |rng: &mut Rng| format!("user-{}", rng.below(USERS));
        let key = match profile {
            KeyProfile::Orders => return order_event(turn),
            KeyProfile::Users => user(rng),
            KeyProfile::Mixed => {
                let kind = if rng.below(2) == 0 { "vip" } else { "user" };
                format!("{kind}-{}", 1 + rng.below(MIXED_KEYS))
            }
            _ if rng.below(10) >= 8 => user(rng),
            KeyProfile::Celebrity => "celebrity".to_string(),
            KeyProfile::CelebrityComposite => format!("celebrity:{}", user(rng)),
            KeyProfile::CelebritySalted => format!("celebrity#{}", rng.below(SALTS)),
        };
        (Some(Arc::from(key)), None)
    }
}

/// Three orders are open at a time, so that their events interleave.
fn order_event(turn: u64) -> Drawn {
    let (round, place) = (turn / 9, turn % 9);
    let order = round * 3 + place % 3 + 1;
    let event = ORDER_EVENTS[(place / 3) as usize];
    (Some(Arc::from(format!("order-{order}"))), Some(Arc::from(format!("order-{order} {event}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_gets_its_three_events_in_order() {
        let mut state = ProfileState::default();
        let mut rng = Rng::new(1);
        let drawn: Vec<_> = (0..9).map(|_| state.next(KeyProfile::Orders, &mut rng)).collect();
        let of_first: Vec<_> = drawn.iter().filter(|(key, _)| key.as_deref() == Some("order-1")).collect();
        let values: Vec<_> = of_first.iter().map(|(_, value)| value.as_deref().unwrap_or_default()).collect();
        assert_eq!(values, ["order-1 created", "order-1 paid", "order-1 shipped"]);
    }

    #[test]
    fn the_celebrity_has_about_four_fifths() {
        let mut state = ProfileState::default();
        let mut rng = Rng::new(7);
        let drawn = (0..1_000).map(|_| state.next(KeyProfile::Celebrity, &mut rng).0);
        let celebrity = drawn.filter(|key| key.as_deref() == Some("celebrity")).count();
        assert!((750..850).contains(&celebrity), "{celebrity} of 1000");
    }
}
