//! Somebody who buys, remembers every answer, and asks again what became of it.

use std::net::SocketAddr;

use super::client::{Chance, Heard, ask, get};
use super::purchase::{Gone, Purchase, path};

/// Purchases that were over before the last kill: so many of them are asked for again after it.
const OLD_ONES_SAMPLED: usize = 4;

/// Somebody who buys one thing after the other.
pub struct Buyer {
    number: usize,
    chance: Chance,
    pub purchases: Vec<Purchase>,
    /// What was bought before has been compared since it was over.
    compared: usize,
}

/// What came of asking again.
#[derive(Default)]
pub struct Compared {
    pub checked: usize,
    /// Answers that are not what they were, each with words.
    pub lost: Vec<String>,
}

impl Compared {
    pub fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.checked += one.checked;
            sum.lost.extend(one.lost);
            sum
        })
    }
}

impl Buyer {
    pub fn of(number: usize, seed: usize) -> Self {
        Self { number, chance: Chance::of(seed as u64), purchases: vec![], compared: 0 }
    }

    /// Goes on with what is not over, then begins anew, until nobody answers.
    pub fn buy(&mut self, server: SocketAddr, answered: impl Fn()) {
        loop {
            let Some(purchase) = self.purchases.last_mut().filter(|p| !p.is_over()) else {
                let name = format!("{}-{}", self.number, self.purchases.len());
                self.purchases.push(Purchase::by_chance(name, &mut self.chance));
                continue;
            };
            match purchase.go_on(server) {
                Some(Err(Gone)) => return,
                Some(Ok(())) => answered(),
                None => unreachable!("it is not over"),
            }
        }
    }

    /// Ends what was begun.
    pub fn finish(&mut self, server: SocketAddr) {
        let Some(last) = self.purchases.last_mut() else { return };
        while !last.is_over() {
            assert!(last.go_on(server).is_some_and(|step| step.is_ok()), "nobody kills it now");
        }
    }

    /// Waits for an answer to a payment.
    pub fn pays(&self) -> bool {
        let asked = self.purchases.last().and_then(|purchase| purchase.asked.last());
        asked.is_some_and(|a| a.heard.is_none() && a.request.path.ends_with("/complete"))
    }

    /// How many answers were heard in all.
    pub fn answers(&self) -> usize {
        self.purchases.iter().map(|purchase| purchase.answers().count()).sum()
    }

    /// Asks again what was answered since the last time, and some of what is older.
    pub fn compare_latest(&mut self, server: SocketAddr) -> Compared {
        let old = |chance: &mut Chance| match self.compared {
            0 => None,
            compared => Some(chance.below(compared)),
        };
        let sampled: Vec<usize> =
            (0..OLD_ONES_SAMPLED).filter_map(|_| old(&mut self.chance)).collect();
        let latest = self.compared..self.purchases.len();
        let looked_at = sampled.into_iter().chain(latest);
        let compared = looked_at.map(|number| compare(server, &self.purchases[number]));
        let compared = Compared::of_all(compared);
        let under_way = usize::from(self.purchases.last().is_some_and(|last| !last.is_over()));
        self.compared = self.purchases.len() - under_way;
        compared
    }

    /// Asks again everything that was ever answered.
    pub fn compare_all(&self, server: SocketAddr) -> Compared {
        Compared::of_all(self.purchases.iter().map(|purchase| compare(server, purchase)))
    }
}

/// Every answer that was heard is still there, and is what a retry hears.
fn compare(server: SocketAddr, purchase: &Purchase) -> Compared {
    let mut compared = Compared::default();
    for (request, heard) in purchase.answers().filter(|(_, heard)| !heard.is_passing()) {
        let again = ask(server, request).expect("nobody kills the server now");
        compared.checked += 1;
        if again != *heard {
            compared.lost.push(format!("{request:?}\nwas {heard:?}\nis  {again:?}"));
        }
    }
    compared.lost.extend(changed(server, purchase));
    compared
}

/// What the session shows is what its buyer was told last.
fn changed(server: SocketAddr, purchase: &Purchase) -> Option<String> {
    let session = purchase.session()?;
    let now = get(server, &path(&session));
    let last = purchase.asked.last()?;
    let heard = last.heard.as_ref()?; // otherwise it may have happened, or not
    let told = purchase.answers().map(|(_, heard)| heard).filter(|heard| heard.status < 300).last();
    let told = told.and_then(Heard::checkout);
    let still_so = match told.as_deref() {
        _ if now.status != 200 => false,
        // The payment has gone on meanwhile.
        Some("complete_in_progress") => now.checkout().as_deref() != Some("canceled"),
        _ if heard.status < 300 => now.body == heard.body,
        told => now.checkout().as_deref() == told,
    };
    (!still_so).then(|| format!("after {:?}\ntold {heard:?}\nis   {now:?}", last.request))
}

/// Everybody at the same time.
pub fn each<T: Send>(buyers: &mut [Buyer], act: impl Fn(&mut Buyer) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let acting: Vec<_> = buyers.iter_mut().map(|buyer| scope.spawn(|| act(buyer))).collect();
        acting.into_iter().map(|one| one.join().unwrap()).collect()
    })
}
