//! How often a password may be guessed.
//!
//! Why: the page is open to the world, and a password is what somebody could make up. Counted by
//! whom is signed in as, so that a customer's account is safe wherever the guesses come from.
//! Promise: bounded. When there are too many names at once, the ones that failed longest ago are
//! forgotten first.
//! Left out: counting across machines. Each allows as many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::limits::{SIGN_IN_NAMES_MAX, SIGN_IN_TRIES_MAX, SIGN_IN_WINDOW};

#[derive(Default)]
pub struct Tries(Mutex<HashMap<String, Vec<SystemTime>>>);

impl Tries {
    pub fn may_try(&self, who: &str, now: SystemTime) -> bool {
        let mut failed = self.failed_by();
        let Some(tries) = failed.get_mut(&who.to_lowercase()) else { return true };
        tries.retain(|at| now.duration_since(*at).is_ok_and(|since| since < SIGN_IN_WINDOW));
        tries.len() < SIGN_IN_TRIES_MAX
    }

    pub fn failed(&self, who: &str, now: SystemTime) {
        let mut failed = self.failed_by();
        if failed.len() >= SIGN_IN_NAMES_MAX {
            let oldest = failed.iter().min_by_key(|(_, tries)| tries.last().copied());
            let oldest = oldest.map(|(name, _)| name.clone());
            oldest.map(|name| failed.remove(&name));
        }
        failed.entry(who.to_lowercase()).or_default().push(now);
    }

    fn failed_by(&self) -> MutexGuard<'_, HashMap<String, Vec<SystemTime>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_some_wrong_passwords_one_has_to_wait_and_nobody_else_has() {
        let (tries, now) = (Tries::default(), SystemTime::now());
        for _ in 0..SIGN_IN_TRIES_MAX {
            assert!(tries.may_try("sally@otheremail.com", now));
            tries.failed("Sally@otheremail.com", now);
        }
        assert!(!tries.may_try("sally@otheremail.com", now));
        assert!(tries.may_try("bob@otheremail.com", now));
        assert!(tries.may_try("sally@otheremail.com", now + SIGN_IN_WINDOW));
    }

    #[test]
    fn names_are_bounded_and_the_oldest_is_forgotten_first() {
        let (tries, now) = (Tries::default(), SystemTime::now());
        for number in 0..=SIGN_IN_NAMES_MAX {
            let at = now + std::time::Duration::from_millis(number as u64);
            tries.failed(&format!("name{number}"), at);
        }
        let names = tries.failed_by();
        assert_eq!(names.len(), SIGN_IN_NAMES_MAX);
        assert!(!names.contains_key("name0"));
    }
}
