//! How often a password may be guessed.
//!
//! Why: the page is open to the world, and a password is what somebody could make up. Counted by
//! whom is signed in as, however that is written, so that a customer's account is safe wherever the
//! guesses come from.
//! Promise: bounded. When there are too many names at once, the one with the fewest tries is
//! forgotten first, and of those the one that was tried longest ago.
//! Left out: counting across machines. Each allows as many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use paceline_domain::name::Identifier;

use crate::limits::{SIGN_IN_NAMES_MAX, SIGN_IN_TRIES_MAX, SIGN_IN_WINDOW};

#[derive(Default)]
pub struct Tries(Mutex<HashMap<Identifier, Vec<SystemTime>>>);

impl Tries {
    /// Counts a try, unless there were too many.
    pub fn begin(&self, who: &Identifier, now: SystemTime) -> bool {
        let mut names = self.names();
        if names.len() >= SIGN_IN_NAMES_MAX && !names.contains_key(who) {
            make_room(&mut names, now);
        }
        let tries = names.entry(who.clone()).or_default();
        tries.retain(|at| counts(*at, now));
        if tries.len() >= SIGN_IN_TRIES_MAX {
            return false;
        }
        tries.push(now);
        true
    }

    /// The password was not wrong.
    ///
    /// - `begun`: when the try was counted.
    pub fn take_back(&self, who: &Identifier, begun: SystemTime) {
        let mut names = self.names();
        let Some(tries) = names.get_mut(who) else { return };
        if let Some(at) = tries.iter().position(|at| *at == begun) {
            tries.remove(at);
        }
        if tries.is_empty() {
            names.remove(who);
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<Identifier, Vec<SystemTime>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counts(at: SystemTime, now: SystemTime) -> bool {
    now.duration_since(at).is_ok_and(|since| since < SIGN_IN_WINDOW)
}

fn make_room(names: &mut HashMap<Identifier, Vec<SystemTime>>, now: SystemTime) {
    names.retain(|_, tries| tries.iter().any(|at| counts(*at, now)));
    if names.len() >= SIGN_IN_NAMES_MAX {
        let least = names.iter().min_by_key(|(_, tries)| (tries.len(), tries.last().copied()));
        let least = least.map(|(name, _)| name.clone());
        least.map(|name| names.remove(&name));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use paceline_domain::text::Text;

    use super::*;

    fn email(who: &str) -> Identifier {
        Identifier::Email(Text::parse(who).unwrap())
    }

    #[test]
    fn after_some_wrong_passwords_one_has_to_wait_and_nobody_else_has() {
        let (tries, now) = (Tries::default(), SystemTime::now());
        let (sally, bob) = (email("sally@otheremail.com"), email("bob@otheremail.com"));
        for _ in 0..SIGN_IN_TRIES_MAX {
            assert!(tries.begin(&sally, now));
        }
        assert!(!tries.begin(&sally, now));
        assert!(tries.begin(&bob, now));
        assert!(tries.begin(&sally, now + SIGN_IN_WINDOW));
    }

    #[test]
    fn a_right_password_is_no_try_and_forgives_no_wrong_one() {
        let (tries, now) = (Tries::default(), SystemTime::now());
        let sally = email("sally@otheremail.com");
        for _ in 1..SIGN_IN_TRIES_MAX {
            assert!(tries.begin(&sally, now));
        }
        let later = now + Duration::from_secs(1);
        for _ in 0..SIGN_IN_TRIES_MAX {
            assert!(tries.begin(&sally, later));
            tries.take_back(&sally, later);
        }
        assert!(tries.begin(&sally, later));
        assert!(!tries.begin(&sally, later));
    }

    #[test]
    fn names_are_bounded_and_the_most_guessed_are_forgotten_last() {
        let (tries, now) = (Tries::default(), SystemTime::now());
        let sally = email("sally@otheremail.com");
        assert!(tries.begin(&sally, now) && tries.begin(&sally, now));
        for number in 0..=SIGN_IN_NAMES_MAX {
            let at = now + Duration::from_millis(number as u64);
            assert!(tries.begin(&email(&format!("name{number}@otheremail.com")), at));
        }
        let names = tries.names();
        assert_eq!(names.len(), SIGN_IN_NAMES_MAX);
        assert!(names.contains_key(&sally) && !names.contains_key(&email("name0@otheremail.com")));
    }
}
